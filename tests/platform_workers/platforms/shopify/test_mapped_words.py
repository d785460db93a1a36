"""What the connector's mapping changes in Shopify's words, and where quantities go."""

from uuid import uuid4

import pytest
from platform_workers.platforms.shopify.catalog import SETTINGS, item, refusal, rich, simple, stock, values
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify.mapping import chosen_location
from pixee_workers.sync_base.items import Listing, StockItem


def settings(**parts):
    return SETTINGS.model_copy(update={"mapping": ConnectorMapping.model_validate(parts)})


def test_a_category_becomes_the_collection_that_the_mapping_names():
    given = values(item(rich()), settings(categories={"Vêtements": "Clothes"}))
    assert given["collections"] == ["Clothes", "Soldes"]


def test_the_product_type_is_the_mappings_else_ours():
    assert values(item(rich()), settings(product_types={"Chemise": "Shirt"}))["input"]["productType"] == "Shirt"
    assert values(item(rich()), settings(product_types={"Pantalon": "Trousers"}))["input"]["productType"] == "Chemise"


def test_attributes_become_metafields_under_the_mapped_name():
    rules = [{"target": "material", "source": "attribute:Matière", "values": {"Lin": "linen", "*": "other"}}]
    fields = {one["key"]: one["value"] for one in values(item(rich()), settings(attributes=rules))["metafields"]}
    assert fields["material"] == '["linen","other"]'
    assert fields["largeur"] == "12 cm"
    assert "condition" in fields
    assert len(fields) == 3


def test_the_mapped_location_goes_before_the_setting():
    older = SETTINGS.model_copy(update={"extra": {"location_id": "7"}})
    assert chosen_location(SETTINGS) is None
    assert chosen_location(older) == "gid://shopify/Location/7"
    mapped = older.model_copy(update={"mapping": ConnectorMapping(locations={"a": "8", "b": "8"})})
    assert chosen_location(mapped) == "gid://shopify/Location/8"


def test_another_location_makes_another_stock_value():
    listed = stock_item()
    assert values(listed) == {"quantity": 7}
    there = values(listed, settings(locations={"default": "8"}))
    assert there == {"quantity": 7, "location": "gid://shopify/Location/8"}


def stock_item():
    return StockItem(uuid4(), uuid4(), "A", 7, Listing("1"), 1)


def test_two_locations_of_the_shop_are_refused_for_quantities():
    two = settings(locations={"a": "7", "b": "8"})
    for one in (stock_item(), item(simple())):
        found = refusal(one, two)
        assert (found.reason, found.field) == (ReasonCode.UNSUPPORTED, "locations")


async def test_quantities_go_to_the_mapped_location(shop: Shop):
    shop.set(locations=[{"id": 1, "name": "Berlin"}, {"id": 2, "name": "Paris"}])
    one = await shop.pushed(item(simple()))
    shop.context.settings = shop.context.settings.model_copy(
        update={"mapping": ConnectorMapping(locations={"default": "gid://shopify/Location/2"})}
    )
    (outcome,) = await shop.push(stock(one, 9))
    assert outcome.kind == "applied", outcome
    levels = shop.variant("TEE").item.levels
    assert {number: level.available for number, level in levels.items()}[2] == 9


@pytest.mark.parametrize("mapping", [{"price_list": "retail"}, {"channel": "web"}, {"tax_classes": {"a": "b"}}])
def test_a_mapping_of_other_things_changes_no_word(mapping):
    assert values(item(rich()), settings(**mapping)) == values(item(rich()))
