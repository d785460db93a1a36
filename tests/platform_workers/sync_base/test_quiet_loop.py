"""What nothing rings is looked for: all that is due at once, and again after a failure or another life."""

import asyncio

import pytest

from pixee_workers.sync_base import quiet_loop
from pixee_workers.sync_base.chunks import WorkerLostError


async def test_all_that_is_due_is_done_before_a_pause_and_no_failure_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    found: list[object] = [True, True, False, ValueError("odd"), WorkerLostError(), True, False]

    async def step() -> bool:
        one = found.pop(0)
        told.append(one)
        if isinstance(one, Exception):
            raise one
        return bool(one)

    async def pause(_seconds: float) -> None:
        told.append("pause")
        if not found:
            raise asyncio.CancelledError

    monkeypatch.setattr(quiet_loop.asyncio, "sleep", pause)
    with pytest.raises(asyncio.CancelledError):
        await quiet_loop.look_now_and_then("looking", step)
    kinds = [type(one).__name__ if isinstance(one, Exception) else one for one in told]
    assert kinds == [
        True,
        True,
        False,
        "pause",
        "ValueError",
        "pause",
        "WorkerLostError",
        "pause",
        True,
        False,
        "pause",
    ]
