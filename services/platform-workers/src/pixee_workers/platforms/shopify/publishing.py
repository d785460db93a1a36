"""On which sales channels a product is: those that the connector names.

What is not named is left alone, unless we published the product there before. A product that is where it shall be, as far as we know,
costs no call; where the merchant moves it at the shop, it stays until the connector's channels change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import cost, wire
from pixee_workers.platforms.shopify.documents import PUBLICATIONS
from pixee_workers.platforms.shopify.requests import ask, payload_of
from pixee_workers.platforms.shopify.verdicts import UserError, user_errors
from pixee_workers.platforms.shopify.written import Written
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Linked, Outcome, Refusal

_KNOWN = "publications"
_MOST = 100


async def ids_of(wanted: Sequence[str], context: CallContext) -> tuple[str, ...] | Refusal:
    """The GIDs of channels that are named, or given by GID. One that the shop does not have is refused before any write."""
    if not wanted:
        return ()
    known: Mapping[str, str] | None = context.memory.get(_KNOWN)
    if known is None:
        data, _ = await ask(context, "publications", wire.PUBLICATIONS, {}, cost=cost.connection(_MOST, 1))
        nodes = data["publications"]["nodes"]
        known = {str(one["id"]): str(one["id"]) for one in nodes} | {
            _plain(one["name"]): str(one["id"]) for one in nodes
        }
        context.memory[_KNOWN] = known
    found = {one: known.get(one) or known.get(_plain(one)) for one in wanted}
    unknown = [one for one, channel in found.items() if channel is None]
    if unknown:
        context.memory.pop(_KNOWN, None)
        message = f"The shop has no sales channel '{unknown[0]}': name one that it has in the connector's settings."
        return Refusal(ReasonCode.MISSING_MAPPING, message, "publications")
    return tuple(sorted({channel for channel in found.values() if channel is not None}))


async def published(written: Written, outcome: Outcome, context: CallContext) -> Outcome:
    """The outcome of a product that was just written, once it is on its channels too; what Shopify refuses is told."""
    product = outcome.linked.product
    before = cast("Sequence[str]", written.known_refs.get(PUBLICATIONS) or ())
    wanted = written.publications
    if not wanted or outcome.kind is not OutcomeKind.APPLIED or product is None or set(before) == set(wanted):
        return outcome
    errors = await _publish(product.external_id, [one for one in wanted if one not in before], context)
    if not errors:
        errors = await _unpublish(product.external_id, [one for one in before if one not in wanted], context)
    if errors:
        return _refused(outcome, errors[0], context)
    refs = dict(product.refs) | {PUBLICATIONS: list(wanted)}
    linked: Linked = replace(outcome.linked, product=replace(product, refs=refs))
    return replace(outcome, linked=linked)


async def _publish(product: str, channels: Sequence[str], context: CallContext) -> list[UserError]:
    if not channels:
        return []
    variables: dict[str, Any] = {"id": product, "to": [{"publicationId": one} for one in channels]}
    data, _ = await ask(context, "publishablePublish", wire.PUBLISH, variables, cost=cost.MUTATION)
    return user_errors(payload_of(data, "publishablePublish"), {})


async def _unpublish(product: str, channels: Sequence[str], context: CallContext) -> list[UserError]:
    """A channel that the shop has no more needs no leaving."""
    if not channels:
        return []
    variables: dict[str, Any] = {"id": product, "from": [{"publicationId": one} for one in channels]}
    data, _ = await ask(context, "publishableUnpublish", wire.UNPUBLISH_FROM, variables, cost=cost.MUTATION)
    errors = user_errors(payload_of(data, "publishableUnpublish"), {})
    return [one for one in errors if "publicationId" not in one.path]


def _refused(outcome: Outcome, error: UserError, context: CallContext) -> Outcome:
    """The product itself is written and stays linked. Errors of these mutations have no codes: the path tells what is missing."""
    said = f"Shopify says: {error.said}"
    if "publicationId" in error.path:
        context.memory.pop(_KNOWN, None)
        return replace(outcome, kind=OutcomeKind.TRANSIENT, reason=ReasonCode.NOT_FOUND_AT_SHOP, message=said)
    if error.path[-1:] == ("id",):
        return replace(outcome, kind=OutcomeKind.TRANSIENT, reason=ReasonCode.NOT_FOUND_AT_SHOP, message=said)
    return replace(outcome, kind=OutcomeKind.REJECTED, reason=error.verdict.reason, message=said, field="publications")


def _plain(name: str) -> str:
    return name.strip().casefold()
