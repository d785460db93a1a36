"""What an accepted item leaves behind: a remote job that any worker can ask, with all that the answer needs.

`kept` of a product: `product` (the SKU that stands for it), `product_type`, `variants` {variant id: SKU}, `sent` {SKU: attribute
names}, `more` {SKU: further refs}, `same` (SKUs whose refs stay), `theme` of a family, `created`, `carried`, `removed` and `emptied`
SKUs, `off_sale` {variant id: [SKU, parent, refs]}, `notices`. Of stock: `quantity`; of a price: `price`, and
`list_price` (null: taken away) with `listing` where whose it is has changed.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.issues import Judged
from pixee_workers.platforms.amazon_sp_api.listings import ASIN, KIND, PARENT, SENT, VARIATION
from pixee_workers.platforms.amazon_sp_api.manifest import VERDICT_SECONDS
from pixee_workers.platforms.amazon_sp_api.plans import notices_of
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing, ProductItem, PushItem, item_id
from pixee_workers.sync_base.outcomes import Linked, Notice, Outcome, RemoteJob

FIRST_LOOK_SECONDS = 15.0
_VERIFY = "verify:"


def kind_of(operation: Operation) -> str:
    """The remote job's kind: which operation's items it looks after."""
    return f"{_VERIFY}{operation.value}"


def operation_of(kind: str) -> Operation:
    return Operation(kind.removeprefix(_VERIFY))


def follow_up(
    operation: Operation, waiting: Mapping[UUID, tuple[str, Mapping[str, JsonValue]]], context: CallContext
) -> RemoteJob:
    """One look for all items of a submission. The shape is that of a file's follow-up, with the moment of writing."""
    return RemoteJob(
        kind=kind_of(operation),
        remote_id=str(context.submission_key),
        item_ids=tuple(waiting),
        correlation={
            "since": context.now().isoformat(),
            "refs": {str(one): sku for one, (sku, _) in waiting.items()},
            "kept": {str(one): dict(kept) for one, (_, kept) in waiting.items()},
        },
        poll_in_seconds=FIRST_LOOK_SECONDS,
        deadline_seconds=VERDICT_SECONDS,
    )


def accepted(
    item: PushItem,
    kept: Mapping[str, Any],
    skus: Sequence[str],
    judged: Judged | None,
    warnings: tuple[Notice, ...],
    sku: str,
) -> Outcome:
    """An item's outcome after its calls: `skus` were accepted, and `judged` (of `sku`) ended it, or null."""
    warnings = (*notices_of(dict(kept)), *warnings)
    if judged is None:
        return Outcome(
            item_id(item),
            OutcomeKind.ACCEPTED,
            created=bool(kept.get("created")),
            carried_stock=bool(kept.get("carried")),
            carried_price=bool(kept.get("carried")),
            warnings=warnings,
        )
    if judged.gone:
        return _gone(item, sku, judged)
    linked = linked_of(kept, skus, {}) if isinstance(item, ProductItem) else Linked()
    return Outcome(
        item_id(item), judged.kind or OutcomeKind.REJECTED, judged.reason, judged.message, judged.field, linked=linked
    )


def stopped(one: UUID, fault: PlatformFault | None) -> Outcome:
    """An item that was not begun since an earlier one met a fault."""
    if fault is None:
        return Outcome(one, OutcomeKind.TRANSIENT, ReasonCode.UNAVAILABLE, "It was not begun yet.")
    return Outcome(one, OutcomeKind.TRANSIENT, fault.reason, fault.message)


def linked_of(kept: Mapping[str, Any], skus: Collection[str], asins: Mapping[str, str]) -> Linked:
    """The listings of a product that are known to be there, with what an update wants to know of them."""
    product = kept.get("product")
    family = str(product) if kept.get("theme") is not None else None
    told = set(skus) - set(kept.get("same") or ())

    def listing(sku: str, parent: str | None) -> Listing:
        return Listing(sku, parent, refs_of(kept, sku) | ({ASIN: asins[sku]} if sku in asins else {}))

    variants = {
        VariantId(UUID(variant)): listing(sku, family)
        for variant, sku in (kept.get("variants") or {}).items()
        if sku in told
    }
    own = listing(str(product), None) if product in told else None
    return Linked(product=own, variants=variants)


def refs_of(kept: Mapping[str, Any], sku: str) -> dict[str, JsonValue]:
    """What is noted of one listing of a product, Amazon's own id apart."""
    refs: dict[str, JsonValue] = {KIND: kept.get("product_type"), SENT: list(kept.get("sent", {}).get(sku, ()))}
    if kept.get("theme") is not None:
        refs |= {PARENT: kept.get("product"), VARIATION: kept.get("theme")}
    refs.update((kept.get("more") or {}).get(sku, {}))
    return refs


def _gone(item: PushItem, sku: str, judged: Judged) -> Outcome:
    """What was to be changed is not there: a product is sent anew, stock and price wait for that."""
    one, linked = item_id(item), Linked(gone=(sku,))
    if isinstance(item, ProductItem):
        return Outcome(
            one, OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP, judged.message, judged.field, linked=linked
        )
    message = f"Amazon does not have {sku} any more."
    return Outcome(one, OutcomeKind.REJECTED, ReasonCode.NOT_FOUND_AT_SHOP, message, "sku", linked=linked)
