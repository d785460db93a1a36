"""What the shop lost, and which ids it gave."""

from uuid import uuid4

import pytest

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.product import Attribute, Option, Product, Variant
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.free_attributes import attribute_texts
from pixee_workers.sync_base.items import Action, Listing, ProductItem, PushVariant, StockItem
from pixee_workers.sync_base.outcomes import RemoteJob
from pixee_workers.sync_base.plain_adapter import PlainAdapter
from pixee_workers.sync_base.plain_outcomes import everything_listed, linked_by_sku, not_there


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


def test_ids_are_linked_by_sku_and_what_left_the_product_is_gone() -> None:
    item = _item()
    linked = linked_by_sku(item, "p2", {"A-M": "v2", "stranger": "v3"})
    assert linked.product == Listing("p2")
    assert linked.variants == {item.variants[1].id: Listing("v2", "p2")}
    assert linked.gone == ("v9",)


async def test_what_an_adapter_need_not_write_says_nothing_and_promises_nothing() -> None:
    adapter = PlainAdapter()
    assert adapter.weight(Operation.PUSH_PRODUCTS, _item()) == 3
    assert (
        adapter.weight(Operation.PUSH_STOCK, StockItem(VariantId(uuid4()), ProductId(uuid4()), "", 1, Listing(""), 1))
        == 1
    )
    polled = await adapter.poll(RemoteJob("k", "1", (), {}, 1.0, 1.0), None)
    assert (polled.outcomes, polled.done) == ((), True)
    assert not hasattr(adapter, "find"), "nothing found is a proof: nobody gets it by default"


def test_attributes_are_texts_of_one_locale_with_their_unit() -> None:
    attributes = (
        Attribute(code="colour", values={"en": ("red", "blue"), "fr": ("rouge",)}),
        Attribute(code="length", values={"und": ("3.5",)}, unit="cm"),
        Attribute(code="empty", values={}),
    )
    assert attribute_texts(attributes, "en-GB") == {"colour": "red, blue", "length": "3.5 cm"}
    assert attribute_texts(attributes, "fr") == {"colour": "rouge", "length": "3.5 cm"}
