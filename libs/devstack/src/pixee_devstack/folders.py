"""Data folders: who holds one, and the secrets kept in it.

The kernel drops a lock with the process that holds it, so a folder is never blocked by a crash.
"""

import fcntl
import os
import secrets
from pathlib import Path

from pixee_devstack.errors import FolderInUseError


class FolderLock:
    """An exclusive hold on `folder` (made when missing) by this process, through the file `.lock` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the folder; a second call does nothing.

        Raises `FolderInUseError`, with the holder's process id, when somebody else has it.
        """
        if self._fd is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(fd, 32).decode().strip() or "unknown"
            os.close(fd)
            raise FolderInUseError(
                f"{self.folder} is in use by process {holder}. Stop that process (Ctrl-C in its terminal, or "
                f"`kill {holder}`), or choose another data folder."
            ) from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        """Give the folder back; does nothing when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, readable by its owner alone (mode 0600)."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def new_password() -> str:
    """A random password of 43 characters that are safe in a URL."""
    return secrets.token_urlsafe(32)


def kept_secret(path: Path) -> str:
    """The password kept in `path` (mode 0600), made the first time."""
    if not path.exists():
        write_private(path, new_password())
    return path.read_text(encoding="utf-8").strip()
