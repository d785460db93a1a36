"""The calls of this platform as `HttpRequest`s: address, Basic authentication, cache-buster, budgets.

Over plain http WooCommerce ignores Basic and answers as if nobody had signed in (the sheet, "Credentials and auth"): there each
request is signed (`oauth1`). The egress rules refuse plain http where the operator does not permit it.
"""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerNotJson, HttpAnswer
from pixee_workers.platforms.woocommerce.manifest import CALLS, IN_FLIGHT
from pixee_workers.platforms.woocommerce.oauth1 import signed
from pixee_workers.platforms.woocommerce.wire import API
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings, HttpRequest

_SPEND = {CALLS: 1.0, IN_FLIGHT: 1.0}
_READ_SECONDS = 60.0
# Pictures are downloaded inside the call: a batch of a hundred new products is slow on a shared host.
_WRITE_SECONDS = 120.0


def address(settings: ConnectorSettings) -> str:
    """The shop's base URL, its folder kept."""
    given = settings.address.rstrip("/")
    return given if "://" in given else f"https://{given}"


def _headers(context: CallContext) -> dict[str, str]:
    if _is_plain(context):
        return {"Accept": "application/json"}
    pair = f"{context.credentials['consumer_key']}:{context.credentials['consumer_secret']}"
    return {
        "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
        "Accept": "application/json",
    }


def _is_plain(context: CallContext) -> bool:
    return address(context.settings).lower().startswith("http://")


def _signing(context: CallContext) -> Callable[[HttpRequest], HttpRequest] | None:
    """Each attempt is signed anew: a nonce counts once, so the repetition of a signed address would be refused."""
    if not _is_plain(context):
        return None

    def sign(request: HttpRequest) -> HttpRequest:
        url = signed(
            request.method,
            request.url,
            key=context.credentials["consumer_key"],
            secret=context.credentials["consumer_secret"],
            timestamp=int(context.now().timestamp()),
            nonce=secrets.token_hex(16),
        )
        return replace(request, url=url)

    return sign


async def read(
    context: CallContext, path: str, parameters: Mapping[str, str | int] | None = None, *, label: str
) -> HttpAnswer:
    """GET a path below `wc/v3`. Caching plugins keep answers of `/wp-json`, so every call has an address of its own.

    Raises:
        PlatformFault: see `faults`.
    """
    pairs = [*(parameters or {}).items(), ("_", int(context.now().timestamp() * 1000))]
    query = "&".join(f"{name}={quote(str(value), safe=',')}" for name, value in pairs)
    return await context.call(
        HttpRequest(
            method="GET",
            url=f"{address(context.settings)}{API}{path}?{query}",
            label=label,
            headers=_headers(context),
            spend=_SPEND,
            deadline_seconds=_READ_SECONDS,
            sign=_signing(context),
        )
    )


async def write(context: CallContext, path: str, body: Mapping[str, Any], *, label: str, safe: bool) -> HttpAnswer:
    """POST a body below `wc/v3`. `safe`: whether repeating it makes nothing twice.

    Raises:
        PlatformFault: see `faults`.
    """
    return await context.call(
        HttpRequest(
            method="POST",
            url=f"{address(context.settings)}{API}{path}",
            label=label,
            headers={**_headers(context), "Content-Type": "application/json"},
            content=orjson.dumps(body),
            safe=safe,
            spend=_SPEND,
            deadline_seconds=_WRITE_SECONDS,
            sign=_signing(context),
        )
    )


def json_of(answer: HttpAnswer) -> Any:
    """The body of an answer that `classify` let pass.

    Raises:
        PlatformFault: `ambiguous`: the body is no JSON, so what the shop did is unknown.
    """
    try:
        return answer.json()
    except AnswerNotJson:
        raise PlatformFault(
            FaultKind.AMBIGUOUS,
            FaultScope.SUBMISSION,
            ReasonCode.ANSWER_UNKNOWN,
            "The shop's answer arrived incomplete.",
        ) from None


def rows_of(answer: HttpAnswer) -> list[Any]:
    """The body as a list of rows.

    Raises:
        PlatformFault: it is something else.
    """
    body = json_of(answer)
    if isinstance(body, list):
        return body
    raise PlatformFault(
        FaultKind.CONTRACT_BROKEN,
        FaultScope.OPERATION,
        ReasonCode.CONTRACT_BROKEN,
        "The shop answered a list request with something that is no list.",
    )
