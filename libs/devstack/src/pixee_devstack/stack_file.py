"""`stack.json`: where a running stack can be reached, so that tools attach to it without being its parent."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from pixee_devstack.errors import DevstackError
from pixee_devstack.folders import write_private

NAME = "stack.json"


class NoStackError(DevstackError):
    """No stack runs on a folder."""


@dataclass(frozen=True)
class StackFile:
    """Addresses and process ids of a running stack; holds passwords, so the file has mode 0600."""

    pid: int
    """Of the process that runs the stack."""
    bootstrap: str
    dsns: dict[str, str]
    """`owner` and each service's role → `postgresql://…`."""
    gateway_urls: list[str]
    simulator_urls: dict[str, str]
    """Slug → base URL."""
    pids: dict[str, int]
    """Process name (`postgres`, `kafka`, `gateway`, `worker-2`, `simulator-shopify`…) → process id at the start."""

    def write(self, data_dir: Path) -> None:
        """Leave it in the stack's folder."""
        write_private(data_dir / NAME, json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, data_dir: Path) -> "StackFile":
        """The stack that runs on `data_dir`. Raises `NoStackError` when none does."""
        path = data_dir / NAME
        try:
            found = cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise NoStackError(f"No stack runs on {data_dir}. Start one with `pixee up`.") from error
        except (ValueError, TypeError) as error:
            raise NoStackError(f"{path} cannot be read. Stop the stack, delete that file and start again.") from error
        if not psutil.pid_exists(found.pid):
            raise NoStackError(f"The stack on {data_dir} ended without a clean stop. Start it again with `pixee up`.")
        return found

    @staticmethod
    def remove(data_dir: Path) -> None:
        """Say that no stack runs on `data_dir` any more."""
        (data_dir / NAME).unlink(missing_ok=True)
