"""What an adapter of an ordinary REST platform need not write."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.domain.money import Price
from pixee_common.domain.product import Attribute, Product, ProductStatus, Variant
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import Action, Listing, Mapped, PriceItem, ProductItem, PushVariant, StockItem
from pixee_workers.sync_base.outcomes import Outcome, Refusal, RemoteJob, Submission
from pixee_workers.sync_base.plain_adapter import PlainAdapter
from pixee_workers.sync_base.plain_outcomes import applied

SETTINGS = ConnectorSettings(address="a.test", locale="en")
STOCK = StockItem(VariantId(uuid4()), ProductId(uuid4()), "A", 3, Listing("v1", "p1"), 1)
PRICE = PriceItem(STOCK.id, STOCK.product_id, "A", Price(amount=Decimal("9.5"), currency="EUR"), STOCK.listing, 1)


class Shop(PlainAdapter):
    """What an author writes."""

    def content(self, product: Product, locale: str | None, *, shown: bool) -> dict[str, Any]:
        return {"attributes": [one.code for one in product.attributes], "locale": locale, "shown": shown}

    async def push_product(self, item: ProductItem, values: Any, context: Any) -> Outcome:
        return Outcome(item.id, OutcomeKind.APPLIED, message=values)

    async def push_levels(self, operation: Operation, items: Any, context: Any) -> Submission:
        return Submission(tuple(applied(one.item) for one in items))


def _item(action: Action = Action.UPSERT, status: ProductStatus = ProductStatus.ACTIVE) -> ProductItem:
    attributes = (Attribute(code="colour", values={"en": ("green",)}),)
    product = Product(key="A", names={"en": "A"}, status=status, attributes=attributes, variants=(Variant(sku="A"),))
    variants = (PushVariant(VariantId(uuid4()), product.variants[0], 1, None, Listing("v1", "p1")),)
    return ProductItem(ProductId(uuid4()), action, product, variants, Listing("p1"), (Listing("v9", "p1"),))


def _mapped(item: Any, **rules: Any) -> Any:
    settings = SETTINGS.model_copy(update={"mapping": ConnectorMapping(**rules)})
    return Shop().mapped(Operation.PUSH_PRODUCTS, item, settings)


def test_stock_is_a_quantity_and_a_price_is_decimal_text() -> None:
    assert (_mapped(STOCK), _mapped(PRICE)) == ({"quantity": 3}, {"price": "9.50"})


@pytest.mark.parametrize(
    ("action", "status", "shown"),
    [
        (Action.UPSERT, ProductStatus.ACTIVE, True),
        (Action.UPSERT, ProductStatus.DRAFT, False),
        (Action.UNPUBLISH, ProductStatus.ACTIVE, False),
        (Action.DELETE, ProductStatus.ACTIVE, False),
    ],
)
def test_customers_see_what_is_active_and_not_withdrawn(action: Action, status: ProductStatus, shown: bool) -> None:
    assert _mapped(_item(action, status)) == {"attributes": ["colour"], "locale": "en", "shown": shown}


def test_the_merchants_rules_stand_in_the_attributes_before_they_become_words() -> None:
    rule = {"target": "color", "source": "attribute:colour"}
    assert _mapped(_item(), attributes=[rule])["attributes"] == ["color"]
    refusal = _mapped(_item(), attributes=[rule | {"values": {"red": "RED"}}])
    assert isinstance(refusal, Refusal)
    assert refusal.field == "attributes.color.values"


async def test_products_go_one_by_one_and_levels_together() -> None:
    items = [_item(), _item()]
    told = await Shop().submit(Operation.PUSH_PRODUCTS, [Mapped(one, "words") for one in items], None)
    assert [(one.item_id, one.message) for one in told.outcomes] == [(one.id, "words") for one in items]
    told = await Shop().submit(Operation.PUSH_STOCK, [Mapped(STOCK, {})], None)
    assert [one.item_id for one in told.outcomes] == [STOCK.id]


async def test_what_an_adapter_need_not_write_says_nothing_and_promises_nothing() -> None:
    adapter = PlainAdapter()
    assert (adapter.weight(Operation.PUSH_PRODUCTS, _item()), adapter.weight(Operation.PUSH_STOCK, STOCK)) == (2, 1)
    polled = await adapter.poll(RemoteJob("k", "1", (), {}, 1.0, 1.0), None)
    assert (polled.outcomes, polled.done) == ((), True)
    assert not hasattr(adapter, "find"), "nothing found is a proof: nobody gets it by default"
