"""Processes that we did not start ourselves, or whose children we did not: who they are and whether they live."""

import asyncio
import time
from collections.abc import Sequence

import psutil

_POLL = 0.03  # seconds


def children(pid: int) -> list[psutil.Process]:
    """All that `pid` started, and what those started."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


async def until_gone(processes: Sequence[psutil.Process], seconds: float) -> bool:
    """Whether all of `processes` ended within `seconds`; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while any(_lives(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL)
    return True


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
