"""How Larkshop is spoken to: requests with the key, and the fault that an answer stands for (sheet, sections 1 and 2)."""

from typing import Any

from conformance.invented.larkshop.manifest import MANIFEST

from pixee_common.domain.faults import PlatformFault
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.plain_json import fault_of_status, json_object, json_request, unexpected


async def ask(context: CallContext, method: str, *path: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and body. Every write of Larkshop is absolute and by key, so all of them are safe to repeat."""
    base, headers = (
        f"https://{context.settings.address}/v1",
        {"Authorization": f"Bearer {context.credentials['api_key']}"},
    )
    request = json_request(method, base, *path, label=path[0], spend={"calls": 1}, headers=headers, **more)
    answer = await context.call(request)
    return answer.status, json_object(answer) or {}


def fault_of(answer: HttpAnswer) -> PlatformFault | None:
    """Null: Larkshop's own answer, be it a success or a refusal of what was sent."""
    status, body = answer.status, json_object(answer) or {}
    if status == 204 or (status == 200 and body) or (status in {404, 409, 422} and "code" in body):
        return None
    return fault_of_status(answer, MANIFEST.title) or unexpected(answer, MANIFEST.title)
