"""Pages that the platform has to prepare first: the chunk waits with the platform's own cursor, and not for ever."""

from datetime import timedelta

import pytest

from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.chunks import PageToCome, PullRefusal
from pixee_workers.sync_base.outcomes import PullPage

pytestmark = pytest.mark.stack

PULL = Operation.PULL_PRODUCTS


@pytest.fixture
async def waiting(bench):
    """A bench whose platform is not ready yet: it gives another cursor the first time, then the one that it was asked with."""
    b = await bench()

    async def prepare(cursor, since, context):
        b.adapter.pulled.append(cursor)
        return PullPage((), cursor or {"report": 1}, b.clock.now(), wait_seconds=45)

    b.adapter.pull = prepare
    return b


async def test_a_page_that_is_not_ready_is_no_page_and_waits_with_the_cursor_that_the_platform_gave(waiting):
    before = waiting.clock.now()
    result = await waiting.push(PULL, [], write=False)
    assert result.page is None
    assert result.wait.reason is ReasonCode.REMOTE_PENDING
    assert timedelta(seconds=45) <= result.wait.until - before < timedelta(seconds=60)
    assert result.page_to_come.cursor == {"report": 1}
    assert result.page_to_come.waits_since >= before
    begun = before - timedelta(hours=1)
    again = await waiting.push(PULL, [], write=False, cursor={"report": 1}, page_waits_since=begun)
    assert waiting.adapter.pulled == [None, {"report": 1}]
    assert again.page_to_come == PageToCome({"report": 1}, begun)


async def test_a_page_that_does_not_come_in_a_day_ends_the_pull(waiting):
    begun = waiting.clock.now() - timedelta(days=1)
    result = await waiting.push(PULL, [], write=False, cursor={"report": 1}, page_waits_since=begun)
    assert result.wait is None
    assert result.page.refusal == PullRefusal(
        ReasonCode.VERDICT_OVERDUE, "The shop did not get its list of products ready in time."
    )
