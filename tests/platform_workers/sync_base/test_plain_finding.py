"""Which of the shop's products are ours, and what a document says of what is listed."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.money import Price
from pixee_common.domain.product import Option, Product, Variant
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
from pixee_workers.sync_base.outcomes import Found, Linked
from pixee_workers.sync_base.plain_documents import level_rows, whole_document
from pixee_workers.sync_base.plain_finding import found_among, linked_to

EAN = "4006381333931"


def _item(key: str = "A", ean: str | None = None, **listed: str) -> ProductItem:
    variants = tuple(Variant(sku=f"{key}-{size}", ean=ean, options={"Size": size}) for size in ("S", "M"))
    product = Product(key=key, names={"en": key}, options=(Option(name="Size", values=("S", "M")),), variants=variants)
    price = Price(amount=Decimal(7), currency="EUR")
    pushed = tuple(
        PushVariant(VariantId(uuid4()), one, 5, price, Listing(listed[size], "p1") if size in listed else None)
        for one, size in zip(variants, ("S", "M"), strict=True)
    )
    own = Listing("p1") if listed else None
    return ProductItem(ProductId(uuid4()), Action.UPSERT, product, pushed, own, (Listing("v9", "p1"),))


def _there(name: str, *skus: str | None, key: str | None = None, ean: str | None = None) -> PulledProduct:
    rows = tuple(PulledVariant(f"{name}/{sku}", sku, ean, {}, None, None, None, {"at": sku}) for sku in skus)
    return PulledProduct(name, key, name, None, None, "active", None, rows, refs={"kind": "x"})


def _found(item: ProductItem, *there: PulledProduct) -> Found | None:
    return found_among([item], there)[item.id]


def _external(found: Found | None) -> Any:
    return found and found.linked.product and found.linked.product.external_id


def test_nothing_that_fits_is_null() -> None:
    assert _found(_item(), _there("p1", "B-S", None, key="B", ean=EAN)) is None
    assert _found(_item(ean=None), _there("p1", None, ean=None)) is None


def test_our_key_comes_before_a_sku_and_a_sku_before_an_ean() -> None:
    item = _item(ean=EAN)
    keyed, sku, ean = _there("p1", "other", key="A"), _there("p2", "A-S"), _there("p3", None, ean=EAN)
    assert _external(_found(item, ean, sku, keyed)) == "p1"
    assert _external(_found(item, ean, sku)) == "p2"
    assert _external(_found(item, ean)) == "p3"


def test_what_carries_another_key_is_named_but_not_ours_and_never_found_by_ean() -> None:
    found = _found(_item(), _there("p1", "A-S", key="B"))
    assert (_external(found), found is not None and found.ours) == ("p1", False)
    assert _found(_item(ean=EAN), _there("p1", "B-S", key="B", ean=EAN)) is None


def test_several_that_fit_are_candidates_and_nothing_is_linked() -> None:
    assert _found(_item(), _there("p1", "A-S"), _there("p2", "A-M")) == Found(Linked(), candidates=("p1", "p2"))
    assert _found(_item(), _there("p1", "A-S"), _there("p2", "A-M", key="B")) == Found(Linked(), False, ("p1", "p2"))


def test_what_two_look_ups_brought_is_one_product() -> None:
    keyed = _there("p1", "A-S", key="A")
    assert _external(_found(_item(), keyed, keyed)) == "p1"
    assert _external(_found(_item(), _there("p1", "A-S"), _there("p1", "A-S"))) == "p1"


def test_one_that_fits_two_of_ours_is_linked_to_neither_unless_its_key_says_whose_it_is() -> None:
    items = [_item("A"), _item("B")]
    free, keyed = _there("p1", "A-S", "B-S"), _there("p1", "A-S", "B-S", key="A")
    assert set(map(repr, found_among(items, [free]).values())) == {repr(Found(Linked(), candidates=("p1",)))}
    told = found_among(items, [keyed])
    assert [(_external(told[one.id]), told[one.id].ours) for one in items] == [("p1", True), ("p1", False)]


def test_ids_are_linked_by_sku_with_their_refs_and_what_left_the_product_is_gone() -> None:
    item = _item()
    linked = linked_to(item, _there("p2", "A-M", "stranger", None))
    assert linked.product == Listing("p2", refs={"kind": "x"})
    assert linked.variants == {item.variants[1].id: Listing("p2/A-M", "p2", {"at": "A-M"})}
    assert linked.gone == ("v9",)


def test_a_document_names_what_is_listed_and_brings_price_and_quantity_of_what_is_new() -> None:
    words = {"title": "A", "variants": [{"sku": "A-S"}, {"sku": "A-M"}]}
    assert whole_document(_item(S="v1"), words) == {
        "id": "p1",
        "title": "A",
        "variants": [{"sku": "A-S", "id": "v1"}, {"sku": "A-M", "price": "7.00", "quantity": 5}],
    }
    assert words == {"title": "A", "variants": [{"sku": "A-S"}, {"sku": "A-M"}]}, "the words are hashed: they stay"
    assert "id" not in whole_document(_item(), words)
    fresh = whole_document(_item(), words, new=lambda one: {"stock": one.quantity})
    assert fresh["variants"][0] == {"sku": "A-S", "stock": 5}


def test_a_row_of_stock_is_the_listings_id_and_the_words() -> None:
    items = [
        StockItem(VariantId(uuid4()), ProductId(uuid4()), sku, 3, Listing(f"v-{sku}", "p1"), 1) for sku in ("A", "B")
    ]
    rows = level_rows([Mapped(one, {"stock": one.quantity}) for one in items], "variant")
    assert rows == [{"variant": "v-A", "stock": 3}, {"variant": "v-B", "stock": 3}]
