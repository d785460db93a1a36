"""Where the commands work: a running stack's folder, or what the environment names."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pixee_cli.exits import NotReachable, UsageError
from pixee_common.db import Database
from pixee_devstack.folders import write_private
from pixee_devstack.stack_file import NoStackError, StackFile

DEFAULT_DATA = Path(".pixee")
KEY_FILE = "api-key"


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder. `PIXEE_URL`, `PIXEE_API_KEY` and `DATABASE_URL` go before what is found in it."""

    data: Path

    def gateway_url(self) -> str:
        """Raises NotReachable when no stack runs and none is named."""
        if given := os.environ.get("PIXEE_URL"):
            return given.rstrip("/")
        urls = self.stack().gateway_urls
        if not urls:
            raise NotReachable(f"the stack on {self.data} has no gateway; set PIXEE_URL")
        return urls[0]

    def api_key(self) -> str:
        """Raises UsageError when there is none."""
        if given := os.environ.get("PIXEE_API_KEY"):
            return given
        kept = self.data / KEY_FILE
        if kept.exists():
            return kept.read_text(encoding="utf-8").strip()
        raise UsageError(
            "no API key: set PIXEE_API_KEY, or make one that is kept for you with `pixee keys create --account <name> --keep`"
        )

    def keep_key(self, text: str) -> Path:
        """Keeps a key in the folder (mode 0600) for the next commands."""
        self.data.mkdir(parents=True, exist_ok=True)
        write_private(self.data / KEY_FILE, text + "\n")
        return self.data / KEY_FILE

    def owner_dsn(self) -> str:
        """The DSN of the database's owner. Raises NotReachable."""
        return os.environ.get("DATABASE_URL") or self.stack().dsns["owner"]

    def stack(self) -> StackFile:
        """The stack that runs on the folder. Raises NotReachable when none does."""
        try:
            return StackFile.read(self.data)
        except NoStackError as error:
            raise NotReachable(str(error)) from None

    def simulator_url(self, slug: str) -> str:
        """Raises NotReachable when that platform is not simulated."""
        urls = self.stack().simulator_urls
        if slug not in urls:
            raise NotReachable(f"the stack on {self.data} simulates no {slug}, only {', '.join(urls) or 'nothing'}")
        return urls[slug]

    @asynccontextmanager
    async def database(self, *, patience: float = 10.0) -> AsyncIterator[Database]:
        """The database as its owner; connection errors become NotReachable."""
        database = Database(self.owner_dsn(), name="pixee cli", most_connections=3, retry_for=patience)
        try:
            yield database
        except (ConnectionError, TimeoutError, OSError) as error:
            raise NotReachable(
                f"the database cannot be reached ({type(error).__name__}): is the stack running?"
            ) from error
        finally:
            await database.close()
