"""How Larkshop is spoken to: requests with the key, and the fault that an answer stands for (sheet, sections 1 and 2)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from conformance.invented.larkshop.manifest import CALLS, MANIFEST

from pixee_common.domain.faults import PlatformFault
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import CallContext, HttpRequest
from pixee_workers.sync_base.plain_answers import fault_of_status, json_object, unexpected

_REFUSALS = frozenset({404, 409, 422})


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
    """The body of an answer that `fault_of` let pass."""
    return json_object(answer) or {}


def fault_of(answer: HttpAnswer) -> PlatformFault | None:
    """Null: Larkshop's own answer, be it a success or a refusal of what was sent."""
    status, body = answer.status, said(answer)
    if status == 204 or (status == 200 and body) or (status in _REFUSALS and "code" in body):
        return None
    return fault_of_status(answer, MANIFEST.title) or unexpected(answer, MANIFEST.title)
