"""A receiver of OTLP/HTTP traces: keeps every span, so that a test can ask for a trace and its parents."""

import asyncio
from dataclasses import dataclass

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as it came over the wire; ids in hex."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    links: tuple[str, ...]
    attributes: dict[str, str]


class OtlpReceiver:
    """Listens on loopback."""

    def __init__(self) -> None:
        self.spans: list[ReceivedSpan] = []
        self.url = ""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/traces", self._traces)
        app.router.add_post("/v1/metrics", self._metrics)
        self._runner = web.AppRunner(app)

    async def start(self) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def trace(self, trace_id: str, names: set[str], seconds: float = 15) -> list[ReceivedSpan]:
        """The spans of a trace, once spans whose names begin with each of `names` have come."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found = [s for s in self.spans if s.trace_id == trace_id]
                    if all(any(s.name.startswith(name) for s in found) for name in names):
                        return found
                    await asyncio.sleep(0.1)
        except TimeoutError:
            have = sorted(f"{s.service}: {s.name}" for s in self.spans if s.trace_id == trace_id)
            raise AssertionError(f"missing of {sorted(names)}; the trace has {have}") from None

    async def _traces(self, request: web.Request) -> web.Response:
        message = ExportTraceServiceRequest.FromString(await request.read())
        for resource in message.resource_spans:
            service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        ReceivedSpan(
                            service, span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.kind,
                            tuple(link.trace_id.hex() for link in span.links),
                            {a.key: a.value.string_value for a in span.attributes},
                        )
                    )  # fmt: skip
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )

    async def _metrics(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response()
