"""The one HTTP client of the project.

Why aiohttp itself and not httpx over httpx-aiohttp 0.2.0: that transport turns a connection that the server closed *after* the
request was sent into `httpx.ConnectTimeout` (its map takes any `ClientConnectionError` for one), so "nothing was sent" and
"possibly processed" become the same error, and it leaves aiohttp's silent repetition of PUT, DELETE and GET switched on. Both
decide whether a product is created twice. Callers see neither library, only `HttpAnswer` (with httpx headers) and `WireError`.
"""

import hashlib
import io
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Self

import aiohttp
import httpx
from yarl import URL

from pixee_common.egress.answers import HttpAnswer
from pixee_common.egress.deadline import Deadline
from pixee_common.egress.errors import (
    AnswerLost,
    AnswerTooLarge,
    AnswerTruncated,
    ConnectFailed,
    DeadlineExceeded,
    WireError,
)
from pixee_common.egress.policy import EgressPolicy, HostRule
from pixee_common.egress.resolver import GuardedResolver, Resolve, system_resolve
from pixee_common.egress.urls import check_url

__all__ = ["Download", "GuardedClient"]

MAX_BODY = 20 * 1024 * 1024
MAX_DOWNLOAD = 4 * 1024 * 1024 * 1024
MAX_HEADERS = 100
MAX_HEADER_BYTES = 16 * 1024
_BLOCK = 64 * 1024
# Shorter than the idle time after which common servers hang up (Node and Apache: 5 s): a request on a connection that is just
# being closed would be an ambiguous one.
_KEEP_ALIVE_SECONDS = 4.0


@dataclass(slots=True)
class _Wire:
    """How far one request got."""

    host: str
    deadline: Deadline
    started: float = field(default_factory=time.monotonic)
    sent: bool = False
    status: int | None = None
    file_error: OSError | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A finished download: bytes written and their SHA-256. With a status other than 2xx nothing was written."""

    status: int
    headers: httpx.Headers
    size: int
    sha256: str
    elapsed: float


class GuardedClient:
    """Sends requests to shops, within the rules of the package's docstring. Use as an async context manager.

    `per_host`: connections at a time to one host (routed hosts, i.e. simulators that serve many shops, have no such limit).
    """

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        resolve: Resolve = system_resolve,
        ssl_context: ssl.SSLContext | None = None,
        connect_timeout: float = 5.0,
        per_host: int = 32,
        user_agent: str = "Pixee-Connectors/1",
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._ssl = ssl_context or ssl.create_default_context()
        self._connect_timeout = connect_timeout
        self._per_host = per_host
        self._user_agent = user_agent
        self._direct: aiohttp.ClientSession | None = None
        self._routed: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = GuardedResolver(self._policy.private_allowlist, resolve=self._resolve, timeout=self._connect_timeout)
        self._direct = self._session(
            aiohttp.TCPConnector(
                ssl=self._ssl,
                resolver=resolver,
                use_dns_cache=False,
                limit=0,
                limit_per_host=self._per_host,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
            )
        )
        # The targets of routes are the operator's own words: they may be private and are resolved as the machine does.
        self._routed = self._session(
            aiohttp.TCPConnector(ssl=self._ssl, limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS)
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; requests under way fail."""
        for session in (self._direct, self._routed):
            if session is not None:
                await session.close()
        self._direct = self._routed = None

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),  # tenants share this client
            trust_env=False,
            trace_configs=[_tracing()],
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout),
            max_headers=MAX_HEADERS,
            max_field_size=MAX_HEADER_BYTES,
            max_line_size=MAX_HEADER_BYTES,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        rule: HostRule,
        deadline: float | Deadline,
        headers: Mapping[str, str] | None = None,
        content: bytes | Path | None = None,
        max_bytes: int = MAX_BODY,
    ) -> HttpAnswer:
        """Send one request, once, and return whatever answer comes, redirects and errors included.

        `deadline`: seconds for the whole call, or a `Deadline` that a heartbeat moves. `max_bytes` counts the decompressed body.
        A path as `content` is a file that is streamed from disk, with its length told before. Raises WireError.
        """
        target = check_url(url, rule, self._policy)
        async with self._exchange(method, target, headers, content, deadline) as (response, wire):
            body = bytearray()
            async for block in response.content.iter_chunked(_BLOCK):
                body += block
                if len(body) > max_bytes:
                    raise AnswerTooLarge(f"answer of {wire.host} is larger than {max_bytes} bytes", status=wire.status)
            answer_headers = httpx.Headers(list(response.raw_headers))
            return HttpAnswer(response.status, answer_headers, bytes(body), time.monotonic() - wire.started)

    async def download(
        self,
        url: str,
        to_file: IO[bytes],
        *,
        rule: HostRule,
        deadline: float | Deadline,
        max_bytes: int = MAX_DOWNLOAD,
        span: range | None = None,
    ) -> Download:
        """Stream a report or bulk file into `to_file`, without any credential (make `rule` with `HostRule.of_suffixes`).

        The file may hold a part when WireError is raised. `span`: the bytes asked for; a server may send the whole file all the same
        (status 200 instead of 206).
        """
        headers = None if span is None else {"Range": f"bytes={span.start}-{span.stop - 1}"}
        target = check_url(url, rule, self._policy)
        async with self._exchange("GET", target, headers, None, deadline) as (response, wire):
            size, digest = 0, hashlib.sha256()
            if 200 <= response.status < 300:
                async for block in response.content.iter_chunked(_BLOCK):
                    size += len(block)
                    if size > max_bytes:
                        raise AnswerTooLarge(
                            f"file of {wire.host} is larger than {max_bytes} bytes", status=wire.status
                        )
                    digest.update(block)
                    try:
                        to_file.write(block)
                    except OSError as error:
                        wire.file_error = error
                        raise
            answer_headers = httpx.Headers(list(response.raw_headers))
            return Download(response.status, answer_headers, size, digest.hexdigest(), time.monotonic() - wire.started)

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        target: URL,
        headers: Mapping[str, str] | None,
        content: bytes | Path | None,
        deadline: float | Deadline,
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, _Wire]]:
        session, address, sent_headers = self._way_to(target, headers)
        armed = deadline if isinstance(deadline, Deadline) else Deadline(deadline)
        wire = _Wire(target.raw_host or "", armed)
        try:
            async with (
                _body(content) as body,
                armed,
                session.request(
                    method,
                    address,
                    headers=sent_headers,
                    data=body,
                    allow_redirects=False,
                    trace_request_ctx=wire,
                ) as response,
            ):
                wire.status = response.status
                yield response, wire
        except WireError:
            raise
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            if error is wire.file_error:  # the disk's fault, not the wire's
                raise
            raise _translated(error, wire) from error

    def _way_to(
        self, target: URL, headers: Mapping[str, str] | None
    ) -> tuple[aiohttp.ClientSession, URL, dict[str, str]]:
        if self._direct is None or self._routed is None:
            raise RuntimeError("GuardedClient is not open: use it as an async context manager")
        sent = {name: value for name, value in (headers or {}).items() if name.lower() != "host"}
        given = {name.lower() for name in sent}
        defaults = {"Accept-Encoding": "gzip, deflate", "User-Agent": self._user_agent}
        sent |= {name: value for name, value in defaults.items() if name.lower() not in given}
        route = self._policy.route_for(target.raw_host or "")
        if route is None:
            return self._direct, target, sent
        sent |= {"Host": target.raw_authority, "X-Forwarded-Proto": target.scheme}
        return self._routed, route.apply(target), sent


@asynccontextmanager
async def _body(content: bytes | Path | None) -> AsyncIterator[bytes | IO[bytes] | None]:
    """What aiohttp is given: whatever is large goes in pieces."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            yield file
    else:
        yield io.BytesIO(content) if content and len(content) > _BLOCK else content


def _tracing() -> aiohttp.TraceConfig:
    """Learn from aiohttp when bytes may leave, and stop it before it makes a second attempt after that."""

    async def no_second_attempt(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        wire = context.trace_request_ctx
        if wire.sent:
            raise AnswerLost(f"{wire.host} closed the connection without an answer")

    async def about_to_send(session: aiohttp.ClientSession, context: SimpleNamespace, event: object) -> None:
        await no_second_attempt(session, context, event)
        wire = context.trace_request_ctx
        # A process that was stopped and goes on may come here before its timers run; on a warm connection, without any wait.
        if wire.deadline.passed():
            raise DeadlineExceeded(f"the deadline passed before {wire.host} was called", possibly_processed=False)
        wire.sent = True

    async def about_to_send_body(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        # Headers leave with the body, a turn of the event loop later: a process may have slept in between.
        if context.trace_request_ctx.deadline.passed():
            raise DeadlineExceeded("the deadline passed before the body was sent", possibly_processed=False)

    config = aiohttp.TraceConfig()
    config.on_connection_create_start.append(no_second_attempt)
    config.on_connection_reuseconn.append(no_second_attempt)
    config.on_request_headers_sent.append(about_to_send)
    config.on_request_chunk_sent.append(about_to_send_body)
    return config


def _translated(error: Exception, wire: _Wire) -> WireError:
    # Texts of aiohttp may quote the URL or header values, which may hold tokens: only the class name is handed on.
    kind = type(error).__name__
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError):
        return DeadlineExceeded(
            f"no complete answer of {wire.host} before the deadline", possibly_processed=wire.sent, status=wire.status
        )
    if not wire.sent:
        return ConnectFailed(f"no connection to {wire.host}: {kind}")
    if wire.status is not None:
        return AnswerTruncated(f"answer of {wire.host} ended early or cannot be decoded: {kind}", status=wire.status)
    if _too_many_headers(error):
        return AnswerTooLarge(f"headers of {wire.host} are over the limit")
    return AnswerLost(f"no answer of {wire.host}: {kind}")


def _too_many_headers(error: BaseException | None) -> bool:
    while error is not None:
        if type(error).__name__ == "LineTooLong" or "Too many headers" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
