"""push_products of many products: a file with one productSet a line, run by a bulk mutation (sheet, "Push products: bulk path").

A line holds what a single call would send. What a bulk mutation cannot do beside it comes elsewhere: attributes of products that the
shop has, channels and translations when the file is done (`bulk_following`; until then the texts to translate are kept with the
item), and withdrawals by call while the file is made; all of it may be repeated.
One bulk mutation of ours at a time: the next waits for its end.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
from pydantic import JsonValue

from pixee_common.domain.faults import PlatformFault
from pixee_workers.platforms.shopify import bulk, cost, faults, products, wire
from pixee_workers.platforms.shopify.bulk import Next
from pixee_workers.platforms.shopify.forms import as_form
from pixee_workers.platforms.shopify.requests import ask, contract_broken, payload_of
from pixee_workers.sync_base.calls import HttpRequest
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.upload_contract import Completed, FileContext, Frame, Uploaded, UploadFile

BULK_JOB = "bulk_products"
FRAME = Frame(b"", b"\n", b"\n", "text/jsonl")

_FILE = "products.jsonl"
_RUNNING = "bulk:running"
_BUSY_SECONDS = 15.0
_FIRST_POLL_SECONDS = 10.0
_UPLOAD_SECONDS = 600.0


async def completed(items: Sequence[Mapped[ProductItem]], context: FileContext) -> Completed:
    """See `Completer.completed`. Values become `variables` (the line), `written` and `sets` (attributes to set afterwards)."""
    ready: list[Mapped[PushItem]] = []
    outcomes: list[Outcome] = []
    for one in items:
        if one.item.action is not Action.UPSERT:
            outcomes.append(await products.withdrawn(one.item, context))
            continue
        found = await products.prepared(one, context)
        if isinstance(found, Outcome):
            outcomes.append(found)
            continue
        document, written = found
        values: dict[str, Any] = {
            "variables": {"identifier": document.identifier, "input": document.input},
            "key": one.item.product.key,
            "written": written.model_dump(mode="json"),
            "sets": [list(group) for group in document.sets],
        }
        ready.append(Mapped(one.item, cast("JsonValue", values)))
    return Completed(tuple(ready), tuple(outcomes))


def kept(item: Mapped[PushItem]) -> Mapping[str, JsonValue]:
    """See `Completer.kept`."""
    values = cast("Mapping[str, JsonValue]", item.values)
    return {name: values[name] for name in ("key", "written", "sets")}


def record(item: Mapped[PushItem]) -> bytes:
    """The line of an item."""
    return orjson.dumps(cast("Mapping[str, Any]", item.values)["variables"])


async def upload(file: UploadFile, context: FileContext) -> Uploaded:
    """A place, the file, the operation. Only the last makes something happen."""
    await _wait_for_the_last(context)
    url, fields = await _place(context)
    async with as_form(file, fields, _FILE) as form:
        request = HttpRequest(
            "POST", url, "stagedUpload", {"Content-Type": form.content_type}, deadline_seconds=_UPLOAD_SECONDS
        )
        answer = await context.send_file(request, form)
    if answer.status >= 300:
        raise contract_broken(f"the file's storage answered {answer.status}")
    started = await bulk.start_mutation(wire.BULK_PUSH, dict(fields)["key"], str(file.key), context)
    if isinstance(started, Next):
        raise _busy()
    context.memory[_RUNNING] = started
    return Uploaded(BULK_JOB, started, {}, _FIRST_POLL_SECONDS)


async def _wait_for_the_last(context: FileContext) -> None:
    running = context.memory.get(_RUNNING)
    if running is None:
        return
    if (await bulk.look(str(running), context)).next is Next.WAIT:
        raise _busy()
    context.memory.pop(_RUNNING, None)


async def _place(context: FileContext) -> tuple[str, list[tuple[str, str]]]:
    wanted = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": _FILE,
        "mimeType": FRAME.content_type,
        "httpMethod": "POST",
    }
    data, _ = await ask(context, "stagedUploadsCreate", wire.STAGE, {"input": [wanted]}, cost=cost.MUTATION + 2)
    payload = payload_of(data, "stagedUploadsCreate")
    targets: list[dict[str, Any]] = payload.get("stagedTargets") or []
    if payload["userErrors"] or len(targets) != 1 or not targets[0].get("url"):
        raise contract_broken(f"no place for a file: {payload['userErrors']}")
    fields = [(str(one["name"]), str(one["value"])) for one in targets[0]["parameters"]]
    if "key" not in dict(fields):
        raise contract_broken("a place for a file has no key")
    return str(targets[0]["url"]), fields


def _busy() -> PlatformFault:
    rule = faults.BULK_BUSY
    return PlatformFault(rule.kind, rule.scope, rule.reason, rule.message, retry_after=_BUSY_SECONDS)
