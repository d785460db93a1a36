"""Which operations get the `sent` mark, what stays open when a job is cancelled, and how group commits gather."""

import asyncio
from types import SimpleNamespace
from uuid import uuid4

import pytest

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Capability, Idempotency, Mode
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.group_commit import GroupCommit
from pixee_workers.sync_base.lane import cancelled_letters
from pixee_workers.sync_base.marks import needs_mark


def _manifest(idempotency: Idempotency):
    capability = Capability(mode=Mode.SINGLE, max_items=1, idempotency=idempotency)
    return SimpleNamespace(capabilities={Operation.PUSH_PRODUCTS: capability, Operation.PULL_PRODUCTS: capability})


def test_only_what_could_be_made_twice_is_marked() -> None:
    assert needs_mark(_manifest(Idempotency.READ_BEFORE_WRITE), Operation.PUSH_PRODUCTS)
    assert not needs_mark(_manifest(Idempotency.UPSERT_BY_KEY), Operation.PUSH_PRODUCTS)
    assert not needs_mark(_manifest(Idempotency.NATIVE_KEY), Operation.PUSH_PRODUCTS)
    assert not needs_mark(_manifest(Idempotency.READ_BEFORE_WRITE), Operation.PULL_PRODUCTS)
    assert not needs_mark(_manifest(Idempotency.READ_BEFORE_WRITE), Operation.PUSH_STOCK)
    assert not needs_mark(None, Operation.PUSH_PRODUCTS)


@pytest.mark.parametrize(("look_up", "letters"), [(False, "xauwxr"), (True, ".auwer")])
def test_only_what_was_certainly_not_sent_is_cancelled(look_up: bool, letters: str) -> None:
    chunk = ClaimedChunk(
        uuid4(), 0, uuid4(), uuid4(), "woocommerce", Operation.PUSH_PRODUCTS, "r", 2,
        tuple(uuid4() for _ in range(6)), ".auwer", 0, look_up, 1, uuid4(),
    )  # fmt: skip
    assert cancelled_letters(chunk) == letters


async def test_what_comes_in_during_a_commit_goes_into_the_next_one_together() -> None:
    groups: list[list[int]] = []
    gate = asyncio.Event()

    async def commit(requests):
        groups.append(list(requests))
        await gate.wait()
        return [one * 10 for one in requests]

    group: GroupCommit[int, int] = GroupCommit(commit, most=3)
    task = asyncio.create_task(group.run())
    futures = [group.put(1)]
    await asyncio.sleep(0.01)
    futures += [group.put(number) for number in (2, 3, 4, 5)]
    gate.set()
    assert await asyncio.gather(*futures) == [10, 20, 30, 40, 50]
    assert groups == [[1], [2, 3, 4], [5]]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_commit_that_fails_fails_its_group_alone() -> None:
    async def commit(requests):
        if 1 in requests:
            raise ValueError("refused")
        return requests

    group: GroupCommit[int, int] = GroupCommit(commit, most=1)
    task = asyncio.create_task(group.run())
    answers = await asyncio.gather(group.put(1), group.put(2), return_exceptions=True)
    assert isinstance(answers[0], ValueError)
    assert answers[1] == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
