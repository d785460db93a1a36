"""Workers that die at random steps of random files, again and again: in the end every item has the platform's own verdict."""

import asyncio
import random

import pytest
from platform_workers.sync_base.uploads.bench import FileBench, Worker
from platform_workers.sync_base.uploads.file_platform import MISSING, fault, manifest, rejected

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.uploads.rows import UploadRows

pytestmark = pytest.mark.stack

STEPS = [
    *(
        (UploadRows, name)
        for name in ("at_hand", "in_line", "of_chunks", "busy", "begin", "add", "about_to_call", "not_taken")
    ),
    *((UploadRows, name) for name in ("read", "polled", "members", "parts", "give_back", "retire")),
    *((OutcomeWriter, name) for name in ("write", "write_together")),
]


class Reaper:
    """Stops the worker for good at one of the steps, chosen by chance, before or after it was done."""

    def __init__(self, chance: random.Random, monkeypatch) -> None:
        self._chance = chance
        self.reached = asyncio.Event()
        self.countdown = 0
        for owner, name in STEPS:
            monkeypatch.setattr(owner, name, self._around(getattr(owner, name)))

    def arm(self) -> None:
        self.reached = asyncio.Event()
        self.countdown = self._chance.randint(1, 25)

    def disarm(self) -> None:
        self.countdown = 0

    def _around(self, original):
        async def step(owner, *arguments, **named):
            if self.countdown > 0:
                self.countdown -= 1
                if self.countdown == 0:
                    if self._chance.random() < 0.5:
                        await original(owner, *arguments, **named)
                    self.reached.set()
                    await asyncio.Event().wait()
            return await original(owner, *arguments, **named)

        return step


async def _until_dead_or_done(bench: FileBench, worker: Worker, reaper: Reaper) -> Worker:
    turning = asyncio.create_task(bench.turn(worker, most=bench.chance.randint(1, 8)))
    dying = asyncio.create_task(reaper.reached.wait())
    await asyncio.wait({turning, dying}, return_when=asyncio.FIRST_COMPLETED)
    dying.cancel()
    if turning.done():
        await turning
        return worker
    turning.cancel()
    await asyncio.gather(turning, dying, return_exceptions=True)
    await worker.die()
    await bench.bury(worker)
    return await bench.worker()


def _trouble(chance: random.Random):
    return chance.choice(
        [
            None,
            None,
            fault(FaultKind.THROTTLED, reason=ReasonCode.THROTTLED, retry_after=30.0),
            fault(FaultKind.UNAVAILABLE),
            fault(FaultKind.AMBIGUOUS, reason=ReasonCode.ANSWER_UNKNOWN),
            fault(FaultKind.TOO_BIG, reason=ReasonCode.TOO_BIG),
        ]
    )


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_dies_and_whenever_outcomes_are_the_platforms_own(bench: FileBench, monkeypatch, seed) -> None:
    chance = bench.chance = random.Random(seed)
    bench.adapter.manifest = manifest(max_items=chance.choice([7, 20, 10_000]))
    items = await bench.products(24)
    jobs = []
    doomed = {f"P{number}" for number in chance.sample(range(24), 4)}
    bench.platform.judge = lambda ref, key: rejected() if key in doomed else MISSING if chance.random() < 0.05 else None
    reaper = Reaper(chance, monkeypatch)
    worker = await bench.worker()
    for number in range(10):
        if number < 5:
            some = chance.sample(items, chance.randint(3, 12))
            await bench.rows.set_title(chance.choice(some), f"Title {number}")
            jobs.append((await bench.job(some, size=chance.randint(1, 5)), some))
        bench.platform.faults.append(_trouble(chance))
        bench.platform.ready = chance.random() < 0.7
        reaper.arm()
        worker = await _until_dead_or_done(bench, worker, reaper)
        reaper.disarm()
        await bench.later(chance.choice([2, 31, 61]))
    bench.platform.faults.clear()
    bench.platform.ready = True
    for _ in range(12):
        await bench.turn(worker)
        await bench.later(301)
    for job, some in jobs:
        found = dict(zip(some, await bench.letters(job), strict=True))
        names = {item: f"P{items.index(item)}" for item in some}
        assert {item: letter for item, letter in found.items() if letter not in "arsq"} == {}, found
        assert all((letter in "rq") == (names[item] in doomed) for item, letter in found.items())
    titles = await bench.rows.run(
        "SELECT key, content -> 'names' ->> 'en' AS title FROM products WHERE account_id = $1", bench.rows.account
    )
    sent = {key: value["title"] for key, value in bench.platform.products.items()}
    asked = {f"P{items.index(item)}" for _, some in jobs for item in some}
    assert {row["key"]: row["title"] for row in titles if row["key"] in asked} == sent
    assert await bench.open_parts() == 0
