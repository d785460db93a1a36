"""The direct context with files in both directions, as far as these tests need them: no budgets, no repetition."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from platform_workers.direct_context import DirectContext

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import EgressPolicy, EgressRoute, GuardedClient, HostRule, HttpAnswer
from pixee_simulators.kit import Simulator
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import ConnectorSettings, HttpRequest
from pixee_workers.sync_base.upload_contract import Downloaded, FileContext, UploadFile


class DirectFileContext(DirectContext):
    """`sent_files`: what went where. Its clock is the simulator's."""

    def __init__(
        self,
        adapter: Adapter,
        client: GuardedClient,
        settings: ConnectorSettings,
        credentials: Mapping[str, str],
        simulator: Simulator[object],
    ) -> None:
        super().__init__(adapter, client, settings, credentials)
        self.files = client
        self.sent_files: list[HttpRequest] = []
        self.downloads: list[str] = []
        self._simulator = simulator
        self._files = HostRule.of_suffixes(*adapter.manifest.host.file_hosts)

    def forget_token(self) -> None:
        """As the engine does when a token's hour is over."""
        self._token = None

    def now(self) -> datetime:
        return self._simulator.clock.utc()

    async def send_file(self, request: HttpRequest, file: UploadFile) -> HttpAnswer:
        self.sent_files.append(request)
        answer = await self.files.request(
            request.method, request.url, rule=self._files, deadline=30, headers=request.headers,
            content=file.path.read_bytes(),
        )  # fmt: skip
        return self._judged(answer)

    @asynccontextmanager
    async def download(self, url: str, *, label: str, spend: Mapping[str, float]) -> AsyncIterator[Downloaded]:
        self.downloads.append(label)
        with tempfile.NamedTemporaryFile() as target:
            found = await self.files.download(url, target, rule=self._files, deadline=30)
            self._judged(HttpAnswer(found.status, found.headers, b"", 0.1))
            target.flush()
            headers = {name.lower(): value for name, value in found.headers.items()}
            yield Downloaded(Path(target.name), found.size, headers)

    def _judged(self, answer: HttpAnswer) -> HttpAnswer:
        fault = self._adapter.classify(answer)
        if fault is not None:
            raise fault
        if answer.status >= 300:
            raise PlatformFault(FaultKind.UNAVAILABLE, FaultScope.SUBMISSION, ReasonCode.UNAVAILABLE, "no file")
        return answer


def as_file_context(context: DirectFileContext) -> FileContext:
    """Proof for the type checker that the double is one."""
    return context


@asynccontextmanager
async def file_context(
    adapter: Adapter,
    simulator: Simulator[object],
    url: str,
    settings: ConnectorSettings,
    credentials: Mapping[str, str],
) -> AsyncIterator[DirectFileContext]:
    """A context whose calls to any host end at the simulator."""
    policy = EgressPolicy(routes=(EgressRoute("*", url),))
    async with GuardedClient(policy) as client:
        yield DirectFileContext(adapter, client, settings, credentials, simulator)
