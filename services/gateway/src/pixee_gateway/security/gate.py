"""The gate before every route under /api/: a trace begins, large bodies are refused, the caller is known and permitted.

It stands before routing and parsing, so a caller without a key learns nothing, not even whether an address exists.
Only a shop's webhook passes without one: it carries a signature instead.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pixee_common.db import is_transient
from pixee_common.telemetry import log_context, span
from pixee_gateway.problems import Problem, answer
from pixee_gateway.security.authentication import Authenticator, Caller, Permission

MOST_BYTES = 1_000_000
_WEBHOOK = re.compile(r"/api/v1/[a-z0-9_]+/[^/]+/webhooks")

# What PostgreSQL says of U+0000 in a text, and in JSON.
_UNSTORABLE = frozenset({"22021", "22P05"})

_Message = MutableMapping[str, Any]


def _too_large() -> Problem:
    return Problem(413, "too_large", f"A body may have at most {MOST_BYTES // 1_000_000} MB.")


def _known(error: Exception) -> Problem | None:
    """What the database's error says to the caller; null where it is one of ours."""
    if is_transient(error):
        return Problem(503, "unavailable", "The database cannot be reached; try again.", headers={"Retry-After": "2"})
    if getattr(error, "sqlstate", None) in _UNSTORABLE:
        return Problem(422, "invalid_request", "The request holds the character U+0000, which no text may hold.")
    return None


class Gate:
    """ASGI middleware. Puts the caller into the scope as `pixee.caller`."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with span(
            f"{scope['method']} {scope['path'].split('?')[0]}", kind="server", parent=dict(headers.items()),
            attributes={"http.request.method": scope["method"]},
        ):  # fmt: skip
            try:
                caller = await self._admitted(scope, headers)
                body = _Bounded(receive, int(headers.get("content-length") or 0))
                with log_context(account=caller.account_id if caller else None):
                    await self._app(scope, body, send)
            except Problem as problem:
                await answer(problem)(scope, receive, send)
            except Exception as error:
                told = _known(error)
                if told is None:
                    raise
                await answer(told)(scope, receive, send)

    async def _admitted(self, scope: Scope, headers: Headers) -> Caller | None:
        if scope["method"] == "POST" and _WEBHOOK.fullmatch(scope["path"]):
            return None  # signed by the shop, verified by a worker
        caller = await self._authenticator.caller(headers.get("authorization"))
        caller.require(Permission.READ if scope["method"] in {"GET", "HEAD"} else Permission.MANAGE_SETTINGS)
        scope["pixee.caller"] = caller
        return caller


class _Bounded:
    """Receives at most the allowed bytes."""

    def __init__(self, receive: Receive, announced: int) -> None:
        if announced > MOST_BYTES:
            raise _too_large()
        self._receive: Callable[[], Awaitable[_Message]] = receive
        self._left = MOST_BYTES

    async def __call__(self) -> _Message:
        message = await self._receive()
        self._left -= len(message.get("body") or b"")
        if self._left < 0:
            raise _too_large()
        return message
