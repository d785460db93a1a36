"""A productSet that runs in the background: what is kept of it, and how it is asked for.

Sheet, "Push products": status CREATED, ACTIVE, COMPLETE; poll `productOperation(id)`.
"""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import JsonValue

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import cost, publishing, translating, wire
from pixee_workers.platforms.shopify.requests import ask
from pixee_workers.platforms.shopify.user_errors import PRODUCT_SET
from pixee_workers.platforms.shopify.verdicts import user_errors
from pixee_workers.platforms.shopify.written import Written, applied, refused
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Outcome, PollResult, RemoteJob

PRODUCT_SET_JOB = "product_set"
_POLL_SECONDS = 3.0
_DEADLINE_SECONDS = 3600.0
_COMPLETE = "COMPLETE"


def remote_job(operation: str, written: Written) -> RemoteJob:
    """To be polled by any worker."""
    return RemoteJob(
        kind=PRODUCT_SET_JOB,
        remote_id=operation,
        item_ids=(written.item_id,),
        correlation=cast("Mapping[str, JsonValue]", written.model_dump(mode="json")),
        poll_in_seconds=_POLL_SECONDS,
        deadline_seconds=_DEADLINE_SECONDS,
    )


async def poll(job: RemoteJob, context: CallContext) -> PollResult:
    """Ask once; when it is complete, read the ids of all variants (250 a page) and of new pictures."""
    written = Written.model_validate(job.correlation)
    first = min(len(written.sent_ids), wire.PAGE_MAX)
    points = 2 + cost.connection(first, 2)
    data, _ = await ask(context, "productOperation", wire.POLL, {"id": job.remote_id, "first": first}, cost=points)
    operation = data.get("productOperation")
    if operation is None:
        message = "Shopify does not know the operation any more; the product is sent again."
        return PollResult(
            (Outcome(written.item_id, OutcomeKind.TRANSIENT, ReasonCode.ANSWER_UNKNOWN, message),), done=True
        )
    if operation["status"] != _COMPLETE:
        return PollResult((), done=False, poll_in_seconds=_POLL_SECONDS)
    errors = user_errors(operation, PRODUCT_SET)
    if errors:
        return PollResult((refused(written, errors, context),), done=True)
    product = operation.get("product")
    if product is None:
        message = "Shopify ended the operation without a product; it is sent again."
        return PollResult(
            (Outcome(written.item_id, OutcomeKind.TRANSIENT, ReasonCode.ANSWER_UNKNOWN, message),), done=True
        )
    variants = await variants_of(product, context)
    media = await _media(product["id"], written, context)
    outcome = applied(written, product["id"], variants, media)
    outcome = await publishing.published(written, outcome, context)
    return PollResult((await translating.translated(written, outcome, context),), done=True)


async def variants_of(product: Mapping[str, Any], context: CallContext) -> list[Mapping[str, Any]]:
    """All of them; `product` has its id and the first page."""
    page = product["variants"]
    found = list(page["nodes"])
    while page["pageInfo"]["hasNextPage"]:
        variables = {"id": product["id"], "after": page["pageInfo"]["endCursor"]}
        points = 1 + cost.connection(wire.PAGE_MAX, 2)
        data, _ = await ask(context, "productVariants", wire.MORE_VARIANTS, variables, cost=points)
        if data.get("product") is None:
            break
        page = data["product"]["variants"]
        found += page["nodes"]
    return found


async def _media(product: str, written: Written, context: CallContext) -> list[str]:
    if not written.urls:
        return []
    variables = {"id": product, "first": len(written.urls)}
    data, _ = await ask(context, "productMedia", wire.PRODUCT_MEDIA, variables, cost=1 + len(written.urls))
    return [node["id"] for node in data["product"]["media"]["nodes"]] if data.get("product") else []
