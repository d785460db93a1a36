"""How Larkshop is spoken to: requests with the key, and the fault that an answer stands for (sheet, sections 1 and 2)."""

from typing import Any

from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.plain_json import ask_json, faults_of

fault_of = faults_of("Larkshop", refusals={404, 409, 422}, member="code")


async def ask(context: CallContext, method: str, *path: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and body. Every write of Larkshop is absolute and by key, so all of them are safe to repeat."""
    headers = {"Authorization": f"Bearer {context.credentials['api_key']}"}
    base = f"https://{context.settings.address}/v1"
    return await ask_json(context, method, base, *path, spend={"calls": 1}, headers=headers, **more)
