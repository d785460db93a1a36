"""The call context against a scripted shop, on a clock that is moved by hand."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from platform_workers.sync_base.courier_side.fake_platform import BUDGET, FakeAdapter, FakeShop, answer
from platform_workers.sync_base.courier_side.shop_rows import LivingLife

from pixee_common.clock import FakeClock
from pixee_common.crypto import Credentials
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import (
    AnswerLost,
    AnswerTooLarge,
    AnswerTruncated,
    ConnectFailed,
    DeadlineExceeded,
    EgressPolicy,
    EgressRefused,
)
from pixee_workers.sync_base.breaker import Breaker, PlatformBreaker
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import ConnectorSettings, HttpRequest, Token
from pixee_workers.sync_base.chunks import WorkerLostError
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.context import CourierContext, LivingDeadline, Wiring
from pixee_workers.sync_base.tokens import TokenStore

CONNECTOR = Connector(
    id=UUID(int=1),
    account_id=UUID(int=2),
    platform="fake",
    status="active",
    deleted=False,
    settings=ConnectorSettings(address="a.fake.test", currency="EUR"),
    shop_identity="a",
    route_key="r",
    mapping_version=0,
    shop_currency="EUR",
    currency_conflict=False,
    sealed=None,
    credentials_version=1,
)

WORKER = uuid4()


class Stand:
    """A context and all that it stands on."""

    def __init__(self, *script, policy=None, life=None) -> None:
        self.clock, self.shop, self.adapter = FakeClock(), FakeShop(), FakeAdapter()
        self.shop.script.extend(script)
        self.life = life or LivingLife()
        self.budgets = BudgetSet(self.adapter.manifest.budgets, self.clock)
        self.breaker, self.platform = Breaker(self.clock), PlatformBreaker("fake", self.clock)
        self.tokens = TokenStore(self.clock)
        self.wiring = Wiring(
            self.shop, policy or EgressPolicy(), self.clock, self.tokens, lambda: WORKER, "7", jitter=lambda: 0.0
        )
        self.context = self.another()

    def another(self, route_key="r"):
        return CourierContext(
            self.wiring,
            adapter=self.adapter,
            connector=CONNECTOR,
            credentials=Credentials({}),
            route_key=route_key,
            budgets=self.budgets,
            breaker=self.breaker,
            platform_breaker=self.platform,
            memory={},
            life=self.life,
            fast=False,
            submission_key=uuid4(),
        )

    async def call(self, seconds: float = 60.0, **changes):
        request = HttpRequest(
            **{"method": "POST", "url": "https://a.fake.test/write", "label": "write", "spend": {BUDGET: 1}, **changes}
        )
        call = asyncio.ensure_future(self.context.call(request))
        await self.clock.advance(seconds)
        assert call.done()
        return await call

    async def fault(self, **changes) -> PlatformFault:
        with pytest.raises(PlatformFault) as caught:
            await self.call(**changes)
        return caught.value


async def test_a_throttled_call_waits_as_long_as_asked():
    s = Stand(answer(429, retry_after="7"))
    call = asyncio.ensure_future(s.context.call(HttpRequest("POST", "https://a.fake.test/w", "w", spend={BUDGET: 1})))
    await s.clock.advance(6.99)
    assert len(s.shop.seen) == 1
    await s.clock.advance(0.02)
    assert (await call).status == 200


async def test_another_call_of_the_route_keeps_the_same_pause():
    s = Stand(answer(429, retry_after="7"))
    first = asyncio.ensure_future(s.context.call(HttpRequest("POST", "https://a.fake.test/1", "w", spend={BUDGET: 1})))
    await s.clock.advance(1)
    other = s.another()
    second = asyncio.ensure_future(other.call(HttpRequest("POST", "https://a.fake.test/2", "w", spend={BUDGET: 1})))
    await s.clock.advance(5.99)
    assert len(s.shop.seen) == 1
    await s.clock.advance(1)
    await asyncio.gather(first, second)
    assert len(s.shop.seen) == 3


async def test_a_longer_pause_is_parked_with_its_time():
    s = Stand(answer(429, retry_after="11"))
    fault = await s.fault()
    assert (fault.kind, fault.retry_after) == (FaultKind.THROTTLED, 11.0)
    assert len(s.shop.seen) == 1


async def test_a_shop_that_always_says_at_once_is_not_hammered():
    s = Stand(*[answer(429, retry_after="0")] * 99)
    assert (await s.fault()).kind is FaultKind.THROTTLED
    assert len(s.shop.seen) < 8


async def test_a_throttled_call_is_repeated_even_if_it_is_not_safe():
    s = Stand(answer(429, retry_after="1"))
    assert (await s.call(safe=False)).status == 200


async def test_retries_end_after_ten_seconds():
    s = Stand(*[answer(503)] * 50)
    assert (await s.fault()).kind is FaultKind.UNAVAILABLE
    assert len(s.shop.seen) in {5, 6}
    assert s.clock.monotonic() == 60


async def test_a_server_error_is_repeated_only_where_that_is_safe():
    s = Stand(answer(503))
    assert (await s.call(safe=True)).status == 200
    s = Stand(answer(503))
    assert (await s.fault(safe=False)).kind is FaultKind.UNAVAILABLE
    assert len(s.shop.seen) == 1


async def test_what_never_arrived_is_repeated_always():
    for error in (ConnectFailed("refused"), DeadlineExceeded("late", possibly_processed=False)):
        s = Stand(error)
        assert (await s.call(safe=False)).status == 200


async def test_a_lost_answer_is_ambiguous_where_a_repetition_could_double():
    for error in (
        AnswerLost("reset"),
        AnswerTruncated("short", status=200),
        DeadlineExceeded("late", possibly_processed=True),
    ):
        s = Stand(error)
        assert (await s.fault(safe=False)).kind is FaultKind.AMBIGUOUS
        assert len(s.shop.seen) == 1
        s = Stand(error)
        assert (await s.call(safe=True)).status == 200


async def test_an_address_that_may_not_be_called_is_refused_for_the_connector():
    fault = await Stand(EgressRefused("private_address", "Give the public address.")).fault()
    assert (fault.kind, fault.scope) == (FaultKind.REFUSED, FaultScope.CONNECTOR)
    assert fault.reason is ReasonCode.EGRESS_REFUSED


async def test_an_answer_beyond_all_size_breaks_the_contract():
    assert (await Stand(AnswerTooLarge("large")).fault()).kind is FaultKind.CONTRACT_BROKEN


async def test_headers_name_the_program_and_the_worker_only_to_a_private_simulator():
    s = Stand()
    await s.call()
    assert s.shop.seen[0][1] == {"User-Agent": "PixeeConnectors/7"}
    s = Stand(policy=EgressPolicy.parse(routes="*.fake.test=http://127.0.0.1:9"))
    await s.call()
    assert s.shop.seen[0][1]["X-Pixee-Worker"] == str(WORKER)


async def test_a_refused_token_is_fetched_anew_once_and_the_call_repeated_with_it():
    s = Stand(answer(401))
    fetched = []

    async def fetch():
        fetched.append(f"token-{len(fetched)}")
        return Token(fetched[-1], 3600)

    async def ask(context):
        return {"Authorization": f"Bearer {await context.token(fetch)}"}

    assert (await s.call(headers=await ask(s.context))).status == 200
    assert [headers["Authorization"] for _, headers in s.shop.seen] == ["Bearer token-0", "Bearer token-1"]
    s.shop.script.extend([answer(401), answer(401)])
    assert (await s.fault(headers=await ask(s.context))).kind is FaultKind.CREDENTIALS
    assert len(fetched) == 3


async def test_a_static_credential_that_is_refused_is_not_tried_again():
    s = Stand(answer(401))
    assert (await s.fault()).kind is FaultKind.CREDENTIALS
    assert len(s.shop.seen) == 1


async def test_one_fetch_serves_all_that_wait_and_is_renewed_before_it_ends():
    clock = FakeClock()
    store, fetched = TokenStore(clock), []

    async def fetch():
        fetched.append(1)
        await clock.sleep(1)
        return Token(f"token-number-{len(fetched)}", 3600)

    waiting = [asyncio.ensure_future(store.get(UUID(int=1), 1, fetch)) for _ in range(5)]
    await clock.advance(1)
    assert {await one for one in waiting} == {"token-number-1"}
    await clock.advance(3600 - 61)
    assert await store.get(UUID(int=1), 1, fetch) == "token-number-1"
    await clock.advance(2)
    late = asyncio.ensure_future(store.get(UUID(int=1), 1, fetch))
    await clock.advance(1)
    assert await late == "token-number-2"
    changed = asyncio.ensure_future(store.get(UUID(int=1), 2, fetch))
    await clock.advance(1)
    assert await changed == "token-number-3"
    store.invalidate(UUID(int=1), "token-number-1")
    assert await store.get(UUID(int=1), 2, fetch) == "token-number-3"


async def test_a_worker_that_is_lost_makes_no_call():
    class Dead(LivingLife):
        def check(self):
            raise WorkerLostError

    s = Stand(life=Dead())
    with pytest.raises(WorkerLostError):
        await s.call()
    assert not s.shop.seen


async def test_a_worker_that_dies_while_it_waits_for_a_budget_makes_no_call():
    class Dying(LivingLife):
        alive = True

        def check(self):
            if not self.alive:
                raise WorkerLostError

    s = Stand(life=Dying())
    s.budgets.refused([BUDGET], 5.0)
    call = asyncio.ensure_future(s.context.call(HttpRequest("GET", "https://a.fake.test/", "r", spend={BUDGET: 1})))
    await s.clock.advance(1)
    s.life.alive = False
    await s.clock.advance(5)
    with pytest.raises(WorkerLostError):
        await call
    assert not s.shop.seen


async def test_a_call_under_way_is_let_go_when_the_worker_is_lost():
    s = Stand()
    lost, cancelled = asyncio.Event(), asyncio.Event()
    s.life.lost = lost.wait

    async def hangs():
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    s.shop.script.append(hangs)
    call = asyncio.ensure_future(s.context.call(HttpRequest("GET", "https://a.fake.test/", "r")))
    await asyncio.sleep(0.01)
    lost.set()
    with pytest.raises(WorkerLostError):
        await call
    assert cancelled.is_set()


async def test_a_process_that_slept_does_not_send_what_it_was_about_to_send():
    life = LivingLife()
    deadline = LivingDeadline(60.0, life)
    assert not deadline.passed()
    life.remaining = lambda: -1.0
    assert deadline.passed()


async def test_after_failures_in_a_row_calls_are_held_back_and_one_is_let_through_later():
    s = Stand(*[ConnectFailed("refused")] * 5)
    fault = await s.fault(seconds=9)
    assert fault.reason is ReasonCode.BREAKER_OPEN
    calls = len(s.shop.seen)
    held = await s.fault(seconds=0)
    assert held.reason is ReasonCode.BREAKER_OPEN
    assert held.retry_after <= 10
    assert len(s.shop.seen) == calls
    await s.clock.advance(10)
    assert (await s.call()).status == 200
    assert (await s.call()).status == 200


async def test_answers_that_nobody_understands_on_several_routes_park_the_platform(caplog):
    s = Stand(*[answer(418, b"<html>secret</html>")] * 6)
    for number in range(6):
        s.context = s.another(route_key=f"r{number % 3}")
        assert (await s.fault(seconds=0)).kind is FaultKind.CONTRACT_BROKEN
    fault = await s.fault(seconds=0)
    assert fault.reason is ReasonCode.BREAKER_OPEN
    assert [record.levelname for record in caplog.records].count("CRITICAL") == 1
    await s.clock.advance(10)
    assert (await s.call()).status == 200
    assert (await s.call()).status == 200


async def test_a_probe_that_gets_no_budget_leaves_the_way_free_for_the_next():
    s = Stand(*[answer(418)] * 6)
    for number in range(6):
        s.context = s.another(route_key=f"r{number % 3}")
        await s.fault(seconds=0)
    await s.clock.advance(10)
    s.budgets.refused([BUDGET], 60.0)
    assert (await s.fault(seconds=0)).kind is FaultKind.THROTTLED
    assert (await s.call(seconds=0, spend={})).status == 200


async def test_each_attempt_is_signed_anew():
    s, made = Stand(answer(429, retry_after="1")), []

    def sign(request):
        made.append(request.url)
        return replace(request, headers={"Signature": f"number-{len(made)}"})

    assert (await s.call(sign=sign)).status == 200
    assert made == ["https://a.fake.test/write"] * 2, "what is signed is the request as it was asked for"
    assert [headers["Signature"] for _, headers in s.shop.seen] == ["number-1", "number-2"]
