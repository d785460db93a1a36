"""`/health/live`, `/health/ready` and `/metrics` as a plain ASGI app, so that every service has them, with or without a framework.

Live means: the event loop turns; only a restart would help if not. Ready means: work may be sent here. A service stays ready while
Kafka is away (its outbox keeps what it has to say), so such a check is declared `required=False` and only reported.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

from pixee_common.telemetry import metrics_text

__all__ = ["Check", "HealthApp", "health_app"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """A named question to a dependency: `run` returns when all is well and raises when not.

    `required`: whether the service can do nothing useful without it.
    """

    name: str
    run: Callable[[], Awaitable[object]]
    required: bool = True
    timeout: float = 2.0


class HealthApp:
    """The ASGI app; answers 404 to any other path, so it may be mounted beside others."""

    def __init__(self, ready: Iterable[Check] = (), live: Iterable[Check] = ()) -> None:
        self._ready = tuple(ready)
        self._live = tuple(live)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        answers = {"/health/live": self._live, "/health/ready": self._ready}
        path = scope["path"]
        if scope["method"] not in {"GET", "HEAD"}:
            await _answer(scope, send, 405, b"", "text/plain")
        elif path in answers:
            status, report = await self._report(answers[path])
            await _answer(scope, send, status, orjson.dumps(report), "application/json")
        elif path == "/metrics":
            await _answer(scope, send, 200, metrics_text().encode(), "text/plain; version=0.0.4; charset=utf-8")
        else:
            await _answer(scope, send, 404, b"", "text/plain")

    async def _report(self, checks: tuple[Check, ...]) -> tuple[int, dict[str, object]]:
        results = await asyncio.gather(*(_result(check) for check in checks))
        failing = [check for check, result in zip(checks, results, strict=True) if result != "ok"]
        word = "failing" if any(check.required for check in failing) else "degraded" if failing else "ok"
        report: dict[str, object] = {
            "status": word,
            "checks": dict(zip((check.name for check in checks), results, strict=True)),
        }
        return (503 if word == "failing" else 200), report


def health_app(ready: Iterable[Check] = (), live: Iterable[Check] = ()) -> HealthApp:
    """Make the app from the checks of readiness and of liveness."""
    return HealthApp(ready, live)


async def _result(check: Check) -> str:
    try:
        async with asyncio.timeout(check.timeout):
            await check.run()
    except TimeoutError:
        return "no answer"
    except Exception as error:  # the text may quote a connection string
        return type(error).__name__
    return "ok"


async def _answer(scope: Scope, send: Send, status: int, body: bytes, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    headers.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
