"""Platforms whose records need more than the item: asked between the words and the record, kept for the later look."""

from dataclasses import replace

import pytest
from platform_workers.sync_base.courier_side.fake_platform import fault
from platform_workers.sync_base.uploads.file_platform import FileAdapter

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.upload_contract import Collected, Completed, FollowUp, Verdict
from pixee_workers.sync_base.uploads.filing import making

pytestmark = pytest.mark.stack


class CompletingAdapter(FileAdapter):
    """Refuses `P1`, says more of the others, and gets its verdicts by SKU."""

    asked = 0
    refuses: Exception | None = None

    async def completed(self, operation, items, context):
        self.asked += 1
        if self.refuses is not None:
            raise self.refuses
        kept = [one for one in items if one.item.product.key != "P1"]
        no = [
            Outcome(one.item.id, OutcomeKind.SKIPPED, ReasonCode.NOT_OURS, "not ours")
            for one in items
            if one not in kept
        ]
        return Completed(tuple(replace(one, values={"more": True}) for one in kept), tuple(no))

    def kept(self, operation, item):
        return {"key": item.item.product.key}

    async def collect(self, operation, uploaded, context):
        found = await super().collect(operation, uploaded, context)
        follow_up = FollowUp("look", 5.0, 600.0)
        taken = {"P0": Verdict(OutcomeKind.ACCEPTED)}
        return Collected(True, unmentioned=found.unmentioned, named=taken, follow_up=follow_up)


async def _begun(bench) -> CompletingAdapter:
    bench.adapter = CompletingAdapter(bench.platform)
    return bench.adapter


async def test_records_are_written_of_what_was_completed_and_the_rest_has_its_outcome(bench) -> None:
    adapter = await _begun(bench)
    worker = await bench.worker()
    job = await bench.job(await bench.products(3))
    await bench.turn(worker)
    (file,) = bench.platform.files.values()
    assert [(key, value) for _, key, value in file.records] == [("P0", {"more": True}), ("P2", {"more": True})]
    assert (await bench.letters(job))[1] == "s"
    assert adapter.asked == 1


async def test_what_is_named_by_sku_is_taken_and_the_look_knows_what_was_kept(bench) -> None:
    await _begun(bench)
    worker = await bench.worker()
    job = await bench.job(await bench.products(3))
    await bench.turn(worker)
    await bench.later(31)
    await bench.turn(worker)
    letters = await bench.letters(job)
    assert (letters[0], letters[2]) == ("w", "u"), letters
    (row,) = await bench.rows.run(
        "SELECT kind, correlation FROM remote_jobs WHERE connector_id = $1 AND kind = 'look'", bench.rows.connector
    )
    correlation = row["correlation"]["adapter"]
    assert list(correlation["refs"].values()) == ["P0"]
    assert list(correlation["kept"].values()) == [{"key": "P0"}]


async def test_a_shop_that_cannot_be_asked_now_leaves_everything_open(bench) -> None:
    adapter = await _begun(bench)
    adapter.refuses = fault(FaultKind.UNAVAILABLE)
    worker = await bench.worker()
    job = await bench.job(await bench.products(2))
    await bench.turn(worker)
    assert (await bench.letters(job), bench.platform.files) == ("..", {})


async def test_a_file_holds_no_more_than_its_weight(tmp_path, bench) -> None:
    frame = bench.adapter.frame(None, None)
    with making(tmp_path, frame, most_records=10, most_bytes=1000, most_weight=5) as file:
        assert file.fits(b"x", 9), "an item alone is never too heavy for an empty file"
        file.put(b"x", 3)
        mark = file.mark
        assert file.fits(b"x", 2)
        file.put(b"x", 2)
        assert not file.fits(b"x", 1)
        file.back(mark)
        assert file.fits(b"x", 2)
