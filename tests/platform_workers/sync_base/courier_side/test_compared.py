"""What is found unchanged is noted where it was compared for the first time: nobody goes through it again for this version or mapping."""

from collections import deque
from dataclasses import replace
from uuid import uuid4

from platform_workers.sync_base.courier_side.shop_rows import ShopRows

from pixee_common.clock import FakeClock
from pixee_common.db import Database
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.recent_writes import RecentWrites, Sent
from pixee_workers.sync_base.results import Tally

UNCHANGED = {"kind": OutcomeKind.SKIPPED, "reason": ReasonCode.UNCHANGED}


def _tally(mapping_version: int = 3) -> tuple[Tally, Origin]:
    item = uuid4()
    rows = ShopRows(Database("postgresql://nowhere", name="unused"))
    tally = Tally(rows.chunk(Operation.PUSH_PRODUCTS, [item]), RecentWrites(FakeClock()), FakeClock())
    tally.mapping_version = mapping_version
    return tally, Origin(item, item, "sku", 7)


def _noted(sent: Sent | None):
    tally, origin = _tally()
    tally.settle(replace(origin, sent=sent), Outcome(origin.item_id, **UNCHANGED))
    return deque(tally.result().operations)


def test_nothing_is_written_for_what_was_compared_before() -> None:
    assert not _noted(Sent(b"h", 7, 3))
    assert not _noted(None)


def test_a_newer_version_or_mapping_that_changes_nothing_is_written_without_saying_that_it_was_sent() -> None:
    for sent in (Sent(b"h", 6, 3), Sent(b"h", 7, 2)):
        (row,) = _noted(sent)
        assert (row.hash, row.catalog_version, row.mapping_version, row.unchanged) == (b"h", 7, 3, True)


def test_what_was_sent_or_refused_says_by_which_mapping() -> None:
    for kind in (OutcomeKind.APPLIED, OutcomeKind.REJECTED, OutcomeKind.UNKNOWN):
        tally, origin = _tally()
        tally.settle(replace(origin, hash=b"h"), Outcome(origin.item_id, kind, ReasonCode.INVALID_VALUE))
        (row,) = tally.result().operations
        assert (row.mapping_version, row.unchanged) == (3, False)


def test_a_later_verdict_speaks_of_the_mapping_of_then() -> None:
    tally, origin = _tally()
    tally.settle(replace(origin, hash=b"h", mapping_version=1), Outcome(origin.item_id, OutcomeKind.APPLIED))
    (row,) = tally.result().operations
    assert row.mapping_version == 1
