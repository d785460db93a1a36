"""What was written, refused or lost."""

from uuid import uuid4

import pytest

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.product import Option, Product, Variant
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import (
    Action,
    Listing,
    Mapped,
    ProductItem,
    PulledProduct,
    PulledVariant,
    PushVariant,
    StockItem,
)
from pixee_workers.sync_base.plain_outcomes import (
    applied,
    by_listing,
    by_number,
    deleted,
    everything_listed,
    not_there,
    refused,
    rejected,
    written,
)


def _item(action: Action = Action.UPSERT, gone: tuple[Listing, ...] = (Listing("v9", "p1"),)) -> ProductItem:
    sizes = ("S", "M")
    variants = tuple(Variant(sku=f"A-{size}", options={"Size": size}) for size in sizes)
    product = Product(key="A", names={"en": "A"}, options=(Option(name="Size", values=sizes),), variants=variants)
    listings = (Listing("v1", "p1"), None)
    pushed = tuple(
        PushVariant(VariantId(uuid4()), variant, 1, None, listing)
        for variant, listing in zip(variants, listings, strict=True)
    )
    return ProductItem(ProductId(uuid4()), action, product, pushed, Listing("p1"), gone)


def test_an_update_of_what_the_shop_lost_comes_again_without_its_listings() -> None:
    item = _item()
    outcome = not_there(item)
    assert (outcome.item_id, outcome.kind, outcome.reason) == (
        item.id, OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP,
    )  # fmt: skip
    assert outcome.linked.gone == ("p1", "v1", "v9")


@pytest.mark.parametrize("action", [Action.UNPUBLISH, Action.DELETE])
def test_a_withdrawal_of_what_the_shop_lost_is_done(action: Action) -> None:
    outcome = not_there(_item(action))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.APPLIED, ReasonCode.ALREADY_GONE)
    assert outcome.linked.gone == ("p1", "v1", "v9")


def test_stock_of_what_the_shop_lost_waits_for_its_product() -> None:
    item = StockItem(VariantId(uuid4()), ProductId(uuid4()), "A-S", 3, Listing("v1", "p1"), 1)
    outcome = not_there(item)
    assert (outcome.kind, outcome.linked.gone) == (OutcomeKind.NOT_LISTED_YET, ("v1",))


def test_an_id_that_is_listed_twice_is_forgotten_once() -> None:
    assert everything_listed(_item(gone=(Listing("p1"), Listing("v1")))) == ("p1", "v1")


def _stock(listing: str) -> StockItem:
    return StockItem(VariantId(uuid4()), ProductId(uuid4()), "A-S", 3, Listing(listing, "p1"), 1)


@pytest.mark.parametrize("created", [True, False])
def test_only_a_create_carries_price_and_stock(created: bool) -> None:
    item = _item()
    variant = PulledVariant("v2", "A-M", None, {}, None, None, None)
    outcome = written(item, PulledProduct("p1", "A", "A", None, None, "active", None, (variant,)), created=created)
    assert (outcome.kind, outcome.created, outcome.carried_stock, outcome.carried_price) == (
        OutcomeKind.APPLIED, created, created, created,
    )  # fmt: skip
    assert outcome.linked.variants == {item.variants[1].id: Listing("v2", "p1")}


def test_a_product_that_is_deleted_takes_its_listings_with_it() -> None:
    outcome = deleted(_item(Action.DELETE))
    assert (outcome.kind, outcome.reason, outcome.linked.gone) == (OutcomeKind.APPLIED, None, ("p1", "v1", "v9"))


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (404, OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP),
        (409, OutcomeKind.EXISTS, ReasonCode.SKU_DUPLICATE),
        (422, OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM),
        (400, OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM),
    ],
)
def test_a_refusal_of_one_item_is_told_by_its_status(status: int, kind: OutcomeKind, reason: ReasonCode) -> None:
    outcome = refused(_item(), status, "too long", "title")
    assert (outcome.kind, outcome.reason) == (kind, reason)
    if status != 404:
        assert (outcome.message, outcome.field) == ("too long", "title")


def test_rows_are_judged_by_their_listing_and_who_has_none_is_unknown() -> None:
    items = [Mapped(_stock(listing), {}) for listing in ("v1", "v2", "v3")]
    rows = {"v1": True, "v2": False, "stranger": True}
    answer = by_listing(items, rows, lambda item, row: applied(item) if row else rejected(item, "no"))
    assert [(one.item_id, one.kind) for one in answer.outcomes] == [
        (items[0].item.id, OutcomeKind.APPLIED),
        (items[1].item.id, OutcomeKind.REJECTED),
        (items[2].item.id, OutcomeKind.UNKNOWN),
    ]


def test_rows_that_are_counted_are_judged_in_the_order_of_the_items() -> None:
    items = [Mapped(_stock(listing), {}) for listing in ("v1", "v2", "v3")]
    rows = {2: True, 0: False, 3: True, -1: True}
    answer = by_number(items, rows, lambda item, row: applied(item) if row else rejected(item, "no"))
    assert [(one.item_id, one.kind) for one in answer.outcomes] == [
        (items[0].item.id, OutcomeKind.REJECTED),
        (items[1].item.id, OutcomeKind.UNKNOWN),
        (items[2].item.id, OutcomeKind.APPLIED),
    ]
