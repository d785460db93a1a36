"""What stands beside a bench and takes everything down: the requests that left, every log line, every span, whoever strays."""

import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

from aiohttp import web
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pixee_common.egress import GuardedClient
from pixee_common.telemetry import setup_tracing, shutdown_tracing

_SHORTEST_SECRET = 16


class Recording:
    """The guarded client, and a copy of everything that left."""

    def __init__(self, client: GuardedClient) -> None:
        self._client = client
        self.bodies: list[tuple[str, bytes]] = []
        self.steps: list[str] = []
        """`call` where one left, and whatever a law notes in between."""
        self.credentials: set[str] = set()
        """Values of headers that prove who is calling, in the form in which they left."""

    async def request(self, method: str, url: str, **options: Any) -> Any:
        self.steps.append("call")
        content = options.get("content")  # a file is streamed and not kept
        self.bodies.append((f"{method} {url}", content if isinstance(content, bytes) else b""))
        for name, value in (options.get("headers") or {}).items():
            if "auth" in name.lower() or "token" in name.lower() or "key" in name.lower():
                self.credentials |= {part for part in value.split() if len(part) >= _SHORTEST_SECRET}
        return await self._client.request(method, url, **options)

    async def download(self, url: str, to_file: Any, **options: Any) -> Any:
        """A file that comes; nothing goes but the address."""
        self.bodies.append((f"GET {url}", b""))
        return await self._client.download(url, to_file, **options)

    @contextlib.contextmanager
    def through(self, client: GuardedClient) -> Iterator[None]:
        """Requests leave by another client while the block lasts."""
        kept, self._client = self._client, client
        try:
            yield
        finally:
            self._client = kept

    def names_since(self, mark: int) -> set[str]:
        """Every name that stood in a JSON body since the mark (`len(bodies)`)."""
        found: set[str] = set()
        for _, body in self.bodies[mark:]:
            if body[:1] in (b"{", b"["):
                _names(json.loads(body), found)
        return found


def _names(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        found.update(value)
        for inner in value.values():
            _names(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _names(inner, found)


class Heard(logging.Handler):
    """Everything that anybody logs, down to the libraries' debug lines, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, entry: logging.LogRecord) -> None:
        self.lines.append(f"{entry.name} {self.format(entry)} {entry.__dict__}")


@contextlib.contextmanager
def listening() -> Iterator[Heard]:
    """Hears the root logger at debug level while the block lasts."""
    heard, root = Heard(), logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(heard)
        root.setLevel(level)


@contextlib.asynccontextmanager
async def tracing() -> AsyncIterator[InMemorySpanExporter]:
    """Every span that ends while the block lasts, as a collector would get it."""
    exporter = InMemorySpanExporter()
    setup_tracing("laws", processor=SimpleSpanProcessor(exporter))
    try:
        yield exporter
    finally:
        await shutdown_tracing()


class Signpost:
    """A server that sends everybody to another place of its own, and notes who comes there."""

    url = ""

    def __init__(self) -> None:
        self.sent_away = 0
        self.strayed: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/elsewhere":
            self.strayed.append(f"{request.method} {sorted(request.headers)}")
            return web.json_response({})
        self.sent_away += 1
        return web.Response(status=302, headers={"Location": f"{self.url}/elsewhere"})


@contextlib.asynccontextmanager
async def signpost() -> AsyncIterator[Signpost]:
    """Serves one while the block lasts."""
    post, app = Signpost(), web.Application()
    app.router.add_route("*", "/{anything:.*}", post.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        post.url = "http://{}:{}".format(*runner.addresses[0][:2])
        yield post
    finally:
        await runner.cleanup()
