"""What platforms that answer later need of the engine: waits between pages, verdicts in several looks, their own words in calls."""

from dataclasses import replace

import pytest
from platform_workers.sync_base.courier_side.fake_platform import BUDGET
from platform_workers.sync_base.courier_side.test_context import Stand

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.calls import BudgetReading, HttpRequest
from pixee_workers.sync_base.outcomes import Outcome, PollResult, PullPage, RemoteJob

PRODUCTS, PULL = Operation.PUSH_PRODUCTS, Operation.PULL_PRODUCTS


async def test_an_adapter_may_name_the_program_in_the_platforms_form() -> None:
    s = Stand()
    await s.context.call(HttpRequest("GET", "https://a.fake.test/x", "x", headers={"User-Agent": "App/1 (Language=X)"}))
    assert s.shop.seen[0][1]["User-Agent"] == "App/1 (Language=X)"


async def test_a_budget_without_a_name_is_the_first_that_the_call_spent() -> None:
    s = Stand()
    untouched = Stand().budgets.saved()["budgets"]
    s.adapter.observe = lambda answer: (BudgetReading("", available=0.0),)
    await s.context.call(HttpRequest("GET", "https://a.fake.test/x", "x"))
    assert s.budgets.saved()["budgets"] == untouched, "a call that spends nothing tells of no budget"
    await s.context.call(HttpRequest("GET", "https://a.fake.test/x", "x", spend={BUDGET: 10.0}))
    assert s.budgets.saved()["budgets"][BUDGET]["level"] == 0.0


@pytest.mark.stack
async def test_a_page_that_is_not_made_yet_is_asked_for_again_with_the_same_cursor(bench) -> None:
    b = await bench()

    async def pull(cursor, since, context):
        return PullPage((), cursor, context.now(), wait_seconds=45.0)

    b.adapter.pull = pull
    result = await b.push(PULL, [], cursor={"report": "7"})
    assert result.page is None
    assert result.wait.reason is ReasonCode.REMOTE_PENDING
    assert 44 < (result.wait.until - b.clock.now()).total_seconds() <= 45


@pytest.mark.stack
async def test_what_an_earlier_look_settled_is_not_settled_again(bench) -> None:
    b = await bench()
    first, second = [(await b.rows.add_product(name))[0] for name in "AB"]
    b.adapter.judge = lambda item: Outcome(item.id, OutcomeKind.ACCEPTED)
    b.adapter.remote = (RemoteJob("feed", "f-1", (first, second), {}, 0.0, 3600.0),)
    sent = await b.push(PRODUCTS, [first, second])
    b.adapter.poll_results.append(PollResult((Outcome(first, OutcomeKind.APPLIED),), done=False, poll_in_seconds=0.0))
    once = await b.push(PRODUCTS, [first, second], job_id=sent.chunk.job_id, letters="ww")
    assert once.letters == "aw"
    late = Outcome(first, OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, "too late")
    b.adapter.poll_results.append(PollResult((late, Outcome(second, OutcomeKind.APPLIED)), done=True))
    twice = await b.push(PRODUCTS, [first, second], job_id=sent.chunk.job_id, letters="aw")
    assert twice.letters == "aa"
    assert twice.issues == ()


@pytest.mark.stack
async def test_a_shared_ean_is_told_with_a_verdict_that_comes_later(bench) -> None:
    b = await bench()
    first, _ = await b.rows.add_product("A", ean="4006381333931")
    await b.rows.add_product("B", ean="4006381333931")
    b.adapter.judge = lambda item: Outcome(item.id, OutcomeKind.ACCEPTED)
    b.adapter.remote = (RemoteJob("feed", "f-1", (first,), {}, 0.0, 3600.0),)
    sent = await b.push(PRODUCTS, [first])
    b.restart()
    done = Outcome(first, OutcomeKind.APPLIED, linked=b.adapter.linked(b.adapter.submitted[0][0]))
    b.adapter.poll_results.append(PollResult((replace(done, created=True),), done=True))
    result = await b.push(PRODUCTS, [first], job_id=sent.chunk.job_id, letters="w")
    assert result.letters == "a"
    assert [(issue.reason, issue.warning) for issue in result.issues] == [(ReasonCode.EAN_SHARED, True)]


@pytest.mark.stack
async def test_what_an_adapter_leaves_to_a_person_comes_with_what_there_is_to_choose_from(bench) -> None:
    b = await bench()
    (one, _) = await b.rows.add_product("A")
    b.adapter.judge = lambda item: Outcome(
        item.id, OutcomeKind.NEEDS_REVIEW, ReasonCode.EAN_AMBIGUOUS, "Two fit.", candidates=("x-1", "x-2")
    )
    result = await b.push(PRODUCTS, [one])
    assert [(issue.outcome, issue.candidates) for issue in result.issues] == [
        (OutcomeKind.NEEDS_REVIEW, ("x-1", "x-2"))
    ]
