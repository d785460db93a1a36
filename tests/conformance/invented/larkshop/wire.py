"""How Larkshop is spoken to: requests with the key, and the fault that an answer stands for (sheet, sections 1 and 2)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from conformance.invented.larkshop.manifest import CALLS

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import CallContext, HttpRequest


async def ask(
    context: CallContext, method: str, label: str, *path: str, query: Sequence[tuple[str, str]] = (), body: Any = None
) -> HttpAnswer:
    """One call. Every write of Larkshop is absolute and by key, so all of them are safe to repeat."""
    url = f"https://{context.settings.address}/v1/" + "/".join(quote(part, safe="") for part in path)
    headers = {"Authorization": f"Bearer {context.credentials['api_key']}", "Content-Type": "application/json"}
    content = None if body is None else orjson.dumps(body)
    return await context.call(
        HttpRequest(method, f"{url}?{urlencode(query)}" if query else url, label, headers, content, spend={CALLS: 1})
    )


def said(answer: HttpAnswer) -> dict[str, Any]:
    """The body where it is Larkshop's; empty where it is anybody else's."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def fault_of(answer: HttpAnswer) -> PlatformFault | None:
    """Null: Larkshop's own answer, be it a success or a refusal of what was sent."""
    status, body = answer.status, said(answer)
    if status == 401:
        return _fault(FaultKind.CREDENTIALS, ReasonCode.CREDENTIALS_REFUSED, "Larkshop refuses the API key.")
    if status == 429:
        wait = float(answer.headers.get("retry-after", 0)) or None
        return _fault(FaultKind.THROTTLED, ReasonCode.THROTTLED, "Larkshop asks to wait.", wait)
    if status >= 500:
        return _fault(FaultKind.UNAVAILABLE, ReasonCode.UNAVAILABLE, f"Larkshop does not work (status {status}).")
    if status == 204 or (status == 200 and body) or (status in {404, 409, 422} and "code" in body):
        return None
    return _fault(FaultKind.CONTRACT_BROKEN, ReasonCode.CONTRACT_BROKEN, f"unexpected answer (status {status})")


def _fault(kind: FaultKind, reason: ReasonCode, message: str, wait: float | None = None) -> PlatformFault:
    return PlatformFault(kind, FaultScope.CONNECTOR, reason, message, retry_after=wait)
