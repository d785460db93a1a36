"""The call context: the one door through which adapters reach a shop.

Order of things for every attempt: the worker's life, the breakers, the budgets, life again (the wait may have been long), the
request, what the answer tells of the budgets, the fault it stands for. Repeated within ten seconds, and only what is safe: nothing
was sent, nothing was executed (throttled), or the request says that a repetition makes nothing twice.
"""

import asyncio
import logging
import random
import tempfile
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from pixee_common.clock import Clock
from pixee_common.crypto import Credentials
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.ids import AccountId, ConnectorId, RouteKey
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import ConnectFailed, Deadline, EgressPolicy, HostRule, HttpAnswer, WireError
from pixee_common.telemetry import record, redact, span
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.breaker import Breaker, PlatformBreaker
from pixee_workers.sync_base.budgets import Grant
from pixee_workers.sync_base.calls import BudgetReading, ConnectorSettings, HttpRequest, Token
from pixee_workers.sync_base.chunks import Life, WorkerLostError
from pixee_workers.sync_base.connector_budgets import Budgets
from pixee_workers.sync_base.connectors_read import Connector, host_of, host_rule
from pixee_workers.sync_base.credentials_gate import CredentialsGate
from pixee_workers.sync_base.tokens import TokenStore
from pixee_workers.sync_base.wire_faults import fault_of_wire

_log = logging.getLogger(__name__)

RETRY_SECONDS = 10.0
_PAUSES = (0.5, 1.0, 2.0, 4.0)
_EXCERPT = 2_000


class Sender(Protocol):
    """What sends one request: `egress.GuardedClient`."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        rule: HostRule,
        deadline: float | Deadline,
        headers: Mapping[str, str] | None = None,
        content: bytes | Path | None = None,
    ) -> HttpAnswer: ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """What all contexts of a worker share."""

    sender: Sender
    policy: EgressPolicy
    clock: Clock
    tokens: TokenStore
    worker_id: Callable[[], UUID]
    """The id under which this worker lives now; simulators are told it, shops are not."""
    version: str
    jitter: Callable[[], float] = field(default=random.random)
    """A number from 0 to 1."""
    folder: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    """Where files stand on their way to and from platforms."""


Sending = Callable[[HttpRequest, Deadline], Awaitable[HttpAnswer]]
"""One way in which one attempt goes out: as it is, with a file as its body, or into a file."""


class LivingDeadline(Deadline):
    """A call's own limit, and the worker's life: a process that was asleep does not send what it was about to send."""

    def __init__(self, total: float, life: Life) -> None:
        super().__init__(total)
        self._life = life

    def passed(self) -> bool:
        return super().passed() or self._life.remaining() <= 0


class CourierContext:
    """The context of one submission (or poll, page, probe) of one connector."""

    def __init__(
        self,
        wiring: Wiring,
        *,
        adapter: Adapter,
        connector: Connector,
        credentials: Credentials,
        route_key: RouteKey,
        budgets: Budgets,
        breaker: Breaker,
        platform_breaker: PlatformBreaker,
        memory: MutableMapping[str, Any],
        life: Life,
        fast: bool,
        submission_key: UUID,
        newer_than: int = -1,
        gate: CredentialsGate | None = None,
    ) -> None:
        self.account_id: AccountId = connector.account_id
        self.connector_id: ConnectorId = connector.id
        self.settings: ConnectorSettings = connector.settings
        self.credentials: Credentials = credentials
        self.memory: MutableMapping[str, Any] = memory
        self.calls_made = 0
        self._wiring = wiring
        self._adapter = adapter
        self._credentials_version = connector.credentials_version
        self._route_key = route_key
        self._budgets = budgets
        self._breaker = breaker
        self._platform_breaker = platform_breaker
        self._life = life
        self._fast = fast
        self._submission_key = submission_key
        self._rule = host_rule(adapter.manifest, connector.settings, wiring.policy)
        self._newer_than = newer_than
        self._gate = gate
        self._token: str | None = None
        self._fetch: Callable[[], Awaitable[Token]] | None = None

    @property
    def submission_key(self) -> UUID:
        return self._submission_key

    def now(self) -> datetime:
        return self._wiring.clock.now()

    async def token(self, fetch: Callable[[], Awaitable[Token]]) -> str:
        self._fetch = fetch
        self._token = await self._wiring.tokens.get(
            self.connector_id, self._credentials_version, fetch, self._adopt, newer_than=self._newer_than
        )
        return self._token

    def _adopt(self, credentials: Credentials, version: int) -> None:
        self.credentials, self._credentials_version = credentials, version

    async def call(self, request: HttpRequest) -> HttpAnswer:
        return await self._insist(request, self._request)

    async def _insist(self, request: HttpRequest, sending: Sending) -> HttpAnswer:
        paused, turn, renewed = 0.0, 0, False
        while True:
            try:
                return await self._attempt(request, sending)
            except _Retry as again:
                fault = again.fault
                if fault.kind is FaultKind.CREDENTIALS:
                    if renewed:
                        self._note_refusal(fault)
                        raise fault from None
                    request, renewed = await self._with_new_token(request, fault), True
                    continue
                pause = self._pause(fault, turn)
                if paused + pause > RETRY_SECONDS:
                    raise fault from None
            paused, turn = paused + pause, turn + 1
            await self._wiring.clock.sleep(pause)

    def _pause(self, fault: PlatformFault, turn: int) -> float:
        jitter = self._wiring.jitter()
        if fault.retry_after is not None:
            # A platform that always says "at once" must not keep us in a circle.
            return max(fault.retry_after, 0.25 * 2.0 ** min(turn, 5)) + 0.25 * jitter
        return _PAUSES[min(turn, len(_PAUSES) - 1)] * (0.75 + 0.5 * jitter)

    async def _attempt(self, request: HttpRequest, sending: Sending) -> HttpAnswer:
        self._life.check()
        self._breaker.enter()
        try:
            self._platform_breaker.enter()
        except PlatformFault:
            self._breaker.abandoned()
            raise
        try:
            grant = await self._budgets.acquire(request.spend, fast=self._fast)
            try:
                self._life.check()
                return await self._exchange(request, grant, sending)
            finally:
                self._budgets.end(grant)
        except BaseException:
            self._breaker.abandoned()
            self._platform_breaker.abandoned()
            raise

    async def _exchange(self, request: HttpRequest, grant: Grant, sending: Sending) -> HttpAnswer:
        platform = self._adapter.manifest.slug
        for name in request.spend if grant.waited > 0 else ():
            record("pixee_budget_wait_seconds", grant.waited, platform=platform, budget=name)
        attributes = {"http.request.method": request.method, "server.address": host_of(request.url)}
        try:
            with span(f"{platform} {request.label}", kind="client", attributes=attributes) as current:
                answer = await self._send(request, sending)
                current.set_attribute("http.response.status_code", answer.status)
        except WireError as error:
            record("pixee_platform_faults_total", platform=platform, kind=error.code, scope="wire")
            raise self._lost(request, error, grant) from error
        record(
            "pixee_platform_calls_seconds",
            answer.elapsed,
            platform=platform,
            call=request.label,
            status=str(answer.status),
        )
        readings = _named(self._adapter.observe(answer), request.spend)
        self._budgets.end(grant, readings)
        fault = self._adapter.classify(answer)
        if fault is None:
            self._breaker.succeeded()
            self._platform_breaker.succeeded()
            return answer
        raise self._judged(request, answer, fault, readings)

    async def _request(self, request: HttpRequest, deadline: Deadline) -> HttpAnswer:
        if request.sign is not None:
            request = request.sign(request)
        return await self._wiring.sender.request(
            request.method,
            request.url,
            rule=self._rule,
            deadline=deadline,
            headers=self._headers(request),
            content=request.content,
        )

    def _headers(self, request: HttpRequest) -> dict[str, str]:
        headers = {"User-Agent": f"PixeeConnectors/{self._wiring.version}", **request.headers}
        if self._wiring.policy.route_for(host_of(request.url)) is not None:
            headers["X-Pixee-Worker"] = str(self._wiring.worker_id())
        return headers

    async def _send(self, request: HttpRequest, way: Sending) -> HttpAnswer:
        """Send it once, and let go of it when the worker is lost."""
        sending = asyncio.ensure_future(self._leave(request, way))
        dying = asyncio.ensure_future(self._life.lost())
        try:
            await asyncio.wait({sending, dying}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise WorkerLostError("the worker was lost during a call")
            return sending.result()
        finally:
            dying.cancel()
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending})

    async def _leave(self, request: HttpRequest, way: Sending) -> HttpAnswer:
        if self._gate is not None:
            self._gate.check(self._credentials_version)
        self.calls_made += 1
        return await way(request, LivingDeadline(request.deadline_seconds, self._life))

    def _lost(self, request: HttpRequest, error: WireError, grant: Grant) -> Exception:
        self._budgets.end(grant, sent=error.possibly_processed)
        fault, repeatable = fault_of_wire(error, safe=request.safe)
        if isinstance(error, ConnectFailed) or error.possibly_processed:
            self._breaker.failed()
        else:
            self._breaker.abandoned()
        return _Retry(fault) if repeatable else fault

    def _judged(
        self, request: HttpRequest, answer: HttpAnswer, fault: PlatformFault, readings: Sequence[BudgetReading]
    ) -> Exception:
        platform = self._adapter.manifest.slug
        record("pixee_platform_faults_total", platform=platform, kind=fault.kind.value, scope=fault.scope.value)
        if fault.kind is FaultKind.CONTRACT_BROKEN:
            self.report_broken(f"{request.label}: {fault.message}", answer)
            self._breaker.abandoned()
            return fault
        self._platform_breaker.succeeded()
        if fault.kind is FaultKind.UNAVAILABLE or (fault.kind is FaultKind.AMBIGUOUS and answer.status >= 500):
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        if fault.kind is FaultKind.THROTTLED:
            names = [fault.budget] if fault.budget else list(request.spend)
            self._budgets.refused(names, fault.retry_after, readings)
            return _Retry(fault)
        if fault.kind is FaultKind.UNAVAILABLE and request.safe:
            return _Retry(fault)
        if fault.kind is FaultKind.AMBIGUOUS and request.safe:
            return _Retry(_unavailable(fault))
        if fault.kind is FaultKind.CREDENTIALS:
            if self._carries_token(request):
                return _Retry(fault)
            self._note_refusal(fault)
        return fault

    def _note_refusal(self, fault: PlatformFault) -> None:
        # A right that is missing may be one that the adapter can do without; a refused key is refused for everything.
        if fault.reason is ReasonCode.CREDENTIALS_REFUSED:
            self.refused(fault)

    def refused(self, fault: PlatformFault) -> None:
        """The connector's calls end with this fault: no other one shall leave."""
        if self._gate is not None:
            self._gate.refused(fault, self._credentials_version)

    def report_broken(self, what: str, answer: HttpAnswer | None) -> None:
        """An answer that nobody expected: the start of it goes to the log, and the platform's breaker hears of it."""
        excerpt = "" if answer is None else redact(answer.body[:_EXCERPT].decode("utf-8", "replace"))
        status = None if answer is None else answer.status
        _log.error("%s: unexpected answer (status %s) to %s: %s", self._adapter.manifest.slug, status, what, excerpt)
        self._platform_breaker.broken(self._route_key)

    def _carries_token(self, request: HttpRequest) -> bool:
        return self._token is not None and any(self._token in value for value in request.headers.values())

    async def _with_new_token(self, request: HttpRequest, fault: PlatformFault) -> HttpRequest:
        old, fetch = self._token, self._fetch
        if old is None or fetch is None:
            raise fault
        self._wiring.tokens.invalidate(self.connector_id, old)
        new = await self.token(fetch)
        return replace(request, headers={name: value.replace(old, new) for name, value in request.headers.items()})


class _Retry(Exception):
    """The attempt failed in a way that may be repeated now; without time left the fault stands."""

    def __init__(self, fault: PlatformFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _named(readings: Sequence[BudgetReading], spend: Mapping[str, float]) -> Sequence[BudgetReading]:
    """What an answer tells of "the budget of this call", under that budget's name."""
    first = next(iter(spend), None)
    return [replace(one, budget=first) if not one.budget and first else one for one in readings if one.budget or first]


def _unavailable(fault: PlatformFault) -> PlatformFault:
    """A lost answer to a call that may be repeated at will is no riddle, only a delay."""
    return PlatformFault(
        FaultKind.UNAVAILABLE,
        FaultScope.SUBMISSION,
        ReasonCode.UNAVAILABLE,
        fault.message,
        retry_after=fault.retry_after,
    )
