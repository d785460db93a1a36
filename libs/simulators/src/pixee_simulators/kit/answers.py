"""Answers that go wrong on the wire: what a broken connection, a slow one and a lying one look like to a client."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from pixee_simulators.kit.faults import FaultRule

_HTML = (
    "<!DOCTYPE html><html><head><title>{0} Error</title></head><body><h1>{0}</h1><p>Try again later.</p></body></html>"
)
_PIECES = 20


def failed(rule: FaultRule) -> web.Response:
    """Fault `status`: JSON, a page of HTML or plain text, with `Retry-After` when the rule has one."""
    headers = {} if rule.retry_after is None else {"Retry-After": f"{rule.retry_after:g}"}
    if rule.body == "html":
        page = _HTML.format(rule.status)
        return web.Response(status=rule.status, headers=headers, text=page, content_type="text/html")
    if rule.body == "text":
        return web.Response(status=rule.status, headers=headers, text="upstream error")
    return web.json_response({"error": f"injected status {rule.status}"}, status=rule.status, headers=headers)


def cut(request: web.Request) -> web.Response:
    """Close the connection at once. The returned answer never leaves: the transport is gone."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def truncated(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Promise the whole body, send half of it, close."""
    body = _body(answer) or b" "
    stream = web.StreamResponse(status=answer.status, headers=_headers(answer))
    stream.content_length = max(len(body), 2)
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return stream


async def dribbled(
    request: web.Request, answer: web.Response, seconds: float, sleep: Callable[[float], Awaitable[None]]
) -> web.StreamResponse:
    """The right answer in small pieces over `seconds`."""
    body = _body(answer)
    stream = web.StreamResponse(status=answer.status, headers=_headers(answer))
    stream.content_length = len(body)
    try:
        await stream.prepare(request)
        size = max(1, -(-len(body) // _PIECES))
        for start in range(0, len(body), size):
            await stream.write(body[start : start + size])
            await sleep(seconds / _PIECES)
        await stream.write_eof()
    except (ConnectionError, asyncio.CancelledError):
        return stream
    return stream


def _body(answer: web.Response) -> bytes:
    body = answer.body
    return bytes(body) if isinstance(body, bytes | bytearray | memoryview) else b""


def _headers(answer: web.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
