"""A call context for adapter tests: straight to a simulator through the real egress client, no budgets, no repetition.

Faults are made as the engine makes them: `classify` for answers, `unavailable` where nothing was sent, `ambiguous` where the
answer of a call that is not safe was lost.
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pixee_common.crypto import Credentials
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.ids import AccountId, ConnectorId
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import EgressPolicy, EgressRoute, GuardedClient, HostRule, HttpAnswer, WireError
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import BudgetReading, CallContext, ConnectorSettings, HttpRequest, Token
from pixee_workers.sync_base.upload_contract import Downloaded, UploadFile


class DirectContext:
    """`calls` are the requests in order, `readings` what `observe` made of the answers."""

    def __init__(
        self, adapter: Adapter, client: GuardedClient, settings: ConnectorSettings, credentials: Mapping[str, str]
    ) -> None:
        self.account_id = AccountId(uuid4())
        self.connector_id = ConnectorId(uuid4())
        self.settings = settings
        self.credentials = Credentials(credentials)
        self.memory: MutableMapping[str, Any] = {}
        self.submission = uuid4()
        self.calls: list[HttpRequest] = []
        self.readings: list[BudgetReading] = []
        self._adapter = adapter
        self._client = client
        self._token: str | None = None

    @property
    def submission_key(self) -> UUID:
        return self.submission

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def call(self, request: HttpRequest) -> HttpAnswer:
        self.calls.append(request)
        if request.sign is not None:
            request = request.sign(request)
        try:
            answer = await self._client.request(
                request.method,
                request.url,
                rule=HostRule(
                    pattern=self._adapter.manifest.host.pattern,
                    also=frozenset(self._adapter.manifest.host.extra_hosts),
                    ports=frozenset(self._adapter.manifest.host.ports),
                    schemes=frozenset(self._adapter.manifest.host.schemes),
                ),
                deadline=request.deadline_seconds,
                headers=request.headers,
                content=request.content,
            )
        except WireError as error:
            lost = error.possibly_processed and not request.safe
            kind = FaultKind.AMBIGUOUS if lost else FaultKind.UNAVAILABLE
            reason = ReasonCode.ANSWER_UNKNOWN if lost else ReasonCode.UNAVAILABLE
            raise PlatformFault(kind, FaultScope.SUBMISSION, reason, str(error)) from error
        self.readings += self._adapter.observe(answer)
        fault = self._adapter.classify(answer)
        if fault is not None:
            if fault.kind is FaultKind.CREDENTIALS:
                self._token = None
            raise fault
        return answer

    @asynccontextmanager
    async def download(
        self, url: str, *, label: str, spend: Mapping[str, float], span: range | None = None
    ) -> AsyncIterator[Downloaded]:
        """As the engine's: from the file hosts alone, judged by `classify`."""
        self.calls.append(HttpRequest("GET", url, label, spend=spend))
        rule = HostRule.of_suffixes(*self._adapter.manifest.host.file_hosts)
        with tempfile.NamedTemporaryFile() as target:
            found = await self._client.download(url, target, rule=rule, deadline=60.0, span=span)
            fault = self._adapter.classify(HttpAnswer(found.status, found.headers, b"", found.elapsed))
            if fault is not None:
                raise fault
            target.flush()
            headers = {name.lower(): value for name, value in found.headers.items()}
            yield Downloaded(Path(target.name), found.size, headers)

    async def send_file(self, request: HttpRequest, file: UploadFile) -> HttpAnswer:
        """As the engine's: to the file hosts, judged by `classify`."""
        self.calls.append(request)
        answer = await self._client.request(
            request.method,
            request.url,
            rule=HostRule.of_suffixes(*self._adapter.manifest.host.file_hosts),
            deadline=request.deadline_seconds,
            headers=request.headers,
            content=file.path,
        )
        fault = self._adapter.classify(answer)
        if fault is not None:
            raise fault
        return answer

    async def token(self, fetch: Callable[[], Awaitable[Token]]) -> str:
        if self._token is None:
            self._token = (await fetch()).value
        return self._token


def as_call_context(context: DirectContext) -> CallContext:
    """Proof for the type checker that the double is a context."""
    return context


@asynccontextmanager
async def direct_context(
    adapter: Adapter, simulator_url: str, settings: ConnectorSettings, credentials: Mapping[str, str]
) -> AsyncIterator[DirectContext]:
    """A context whose calls to any host end at the simulator."""
    policy = EgressPolicy(routes=(EgressRoute("*", simulator_url),))
    async with GuardedClient(policy) as client:
        yield DirectContext(adapter, client, settings, credentials)
