"""Files of workers on disk: named after the process that made them, so that what a crash left behind is known at the next start."""

import logging
import os
from pathlib import Path

_NAME = "pixee-file-"
_log = logging.getLogger(__name__)


def prefix() -> str:
    """How names of this process's files begin."""
    return f"{_NAME}{os.getpid()}-"


def sweep(folder: Path) -> int:
    """Remove the files of processes that are no more; called before this process makes its first. Returns how many."""
    removed = 0
    for path in folder.glob(f"{_NAME}*") if folder.is_dir() else ():
        if not _is_anothers(path.name):
            path.unlink(missing_ok=True)
            removed += 1
    if removed:
        _log.info("%d files of an earlier run were removed", removed)
    return removed


def _is_anothers(name: str) -> bool:
    """Whether a process that lives made it. Our own number can only be that of a process before us."""
    number = name.removeprefix(_NAME).partition("-")[0]
    if not number.isdigit() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
