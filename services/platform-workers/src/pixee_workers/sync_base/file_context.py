"""The call context with files in both directions: streamed, never in memory, through the same budgets, life, traces and faults.

A file goes to the platform's own hosts or to one that its manifest names in `file_hosts` (presigned URLs); it comes only from the
latter, without any credential. What was downloaded is gone when its context ends, whatever happens.
"""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import Deadline, Download, HostRule, HttpAnswer
from pixee_workers.sync_base.calls import HttpRequest
from pixee_workers.sync_base.connectors_read import host_of
from pixee_workers.sync_base.context import CourierContext
from pixee_workers.sync_base.upload_contract import Downloaded, UploadFile
from pixee_workers.sync_base.worker_files import prefix

_DOWNLOAD_SECONDS = 900.0


@runtime_checkable
class Receiver(Protocol):
    """What streams a file: `egress.GuardedClient`."""

    async def download(
        self, url: str, to_file: IO[bytes], *, rule: HostRule, deadline: float | Deadline, span: range | None = None
    ) -> Download: ...


class FileCourierContext(CourierContext):
    """`upload_contract.FileContext`."""

    async def send_file(self, request: HttpRequest, file: UploadFile) -> HttpAnswer:
        async def streamed(wanted: HttpRequest, deadline: Deadline) -> HttpAnswer:
            return await self._wiring.sender.request(
                wanted.method,
                wanted.url,
                rule=self._rule_for(wanted.url),
                deadline=deadline,
                headers=self._headers(wanted),
                content=file.path,
            )

        given = {name.lower() for name in request.headers}
        if "content-type" not in given:
            request = replace(request, headers={**request.headers, "Content-Type": file.content_type})
        return await self._insist(request, streamed)

    @asynccontextmanager
    async def download(
        self, url: str, *, label: str, spend: Mapping[str, float], span: range | None = None
    ) -> AsyncIterator[Downloaded]:
        self._wiring.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=prefix(), dir=self._wiring.folder) as target:
            size = 0

            async def into_file(wanted: HttpRequest, deadline: Deadline) -> HttpAnswer:
                nonlocal size
                target.seek(0)
                target.truncate()
                found = await self._receiver.download(
                    wanted.url, target, rule=self._file_rule, deadline=deadline, span=span
                )
                size = found.size
                return HttpAnswer(found.status, found.headers, b"", found.elapsed)

            request = HttpRequest("GET", url, label, spend=spend, deadline_seconds=_DOWNLOAD_SECONDS)
            answer = await self._insist(request, into_file)
            if not 200 <= answer.status < 300:
                raise _not_there(answer.status)
            target.flush()
            headers = {name.lower(): value for name, value in answer.headers.items()}
            yield Downloaded(Path(target.name), size, headers)

    @property
    def _receiver(self) -> Receiver:
        sender = self._wiring.sender
        if not isinstance(sender, Receiver):
            raise TypeError(f"{type(sender).__name__} cannot download")
        return sender

    @property
    def _file_rule(self) -> HostRule:
        return HostRule.of_suffixes(*self._adapter.manifest.host.file_hosts)

    def _rule_for(self, url: str) -> HostRule:
        """The platform's own hosts, or one to which its files go."""
        if self._rule.matches(host_of(url)) or not self._adapter.manifest.host.file_hosts:
            return self._rule
        return self._file_rule


def _not_there(status: int) -> PlatformFault:
    """The adapter saw no fault in it, and there is no file: asked again later, until the deadline."""
    return PlatformFault(
        FaultKind.UNAVAILABLE,
        FaultScope.SUBMISSION,
        ReasonCode.UNAVAILABLE,
        f"The platform's file could not be read (status {status}).",
    )
