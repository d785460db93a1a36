"""What an item says in Amazon's words, before anything is asked."""

import timeit
from dataclasses import replace
from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import (
    FR,
    MAPPING,
    SETTINGS,
    food,
    item,
    price,
    priced,
    refusal,
    rule,
    shirt,
    stock,
    values,
)

from pixee_common.domain.job import Operation
from pixee_common.domain.product import Condition
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import create, mapping
from pixee_workers.platforms.amazon_sp_api.marketplaces import HOSTS, MARKETPLACES, language_of
from pixee_workers.platforms.amazon_sp_api.shaping import Place, shaped
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import Action


def _with(**changes: Any) -> ConnectorSettings:
    return ConnectorSettings(**(SETTINGS.model_dump() | changes))


def test_without_a_product_type_it_says_what_to_map() -> None:
    found = refusal(item(food()), _with(mapping=MAPPING.model_copy(update={"product_types": {}})))
    assert found.reason is ReasonCode.MISSING_MAPPING
    assert found.field == "product_types"
    assert "food" in found.message


def test_an_option_that_is_no_attribute_is_a_missing_mapping() -> None:
    rules = tuple(one for one in MAPPING.attributes if one.target != "size")
    found = refusal(item(shirt()), _with(mapping=MAPPING.model_copy(update={"attributes": rules})))
    assert found.reason is ReasonCode.MISSING_MAPPING
    assert "Taille" in found.message


def test_a_value_without_translation_is_a_missing_mapping() -> None:
    rules = (*MAPPING.attributes, rule("diet_type", "field:brand", values={"Other": "vegan"}))
    found = refusal(item(food()), _with(mapping=MAPPING.model_copy(update={"attributes": rules})))
    assert (found.reason, "diet_type" in found.message) == (ReasonCode.MISSING_MAPPING, True)


def test_the_words_hold_neither_price_nor_quantity_nor_an_id_of_the_shop() -> None:
    one = item(food(), quantity=5, cost=price("12.34"))
    again = item(food(), quantity=9, cost=price("43.21"))
    assert values(one) == values(again)
    assert "12.34" not in str(values(one))


def test_what_is_mapped_wins_over_what_we_say_ourselves() -> None:
    rules = (*MAPPING.attributes, rule("brand", "constant:Maison"))
    words = values(item(food()), _with(mapping=MAPPING.model_copy(update={"attributes": rules})))
    (listing,) = words["listings"]
    assert "brand" not in listing["facts"]
    assert listing["ruled"]["brand"]["texts"] == ["Maison"]


@pytest.mark.parametrize(
    ("ean", "kind"),
    [("4006381333931", "ean"), ("96385074", "ean"), ("036000291452", "upc"), ("10036000291459", "gtin")],
)
def test_an_ean_is_called_by_its_length(ean: str, kind: str) -> None:
    (listing,) = values(item(food(variant={"ean": ean})))["listings"]
    assert listing["facts"]["externally_assigned_product_identifier"] == [
        {"type": kind, "value": ean, "marketplace_id": FR}
    ]


def test_an_invalid_ean_is_never_sent() -> None:
    (listing,) = values(item(food(variant={"ean": None, "ean_given": "1234567890123"})))["listings"]
    assert "1234567890123" not in str(listing)


@pytest.mark.parametrize(
    ("condition", "word"),
    [(Condition.NEW, "new_new"), (Condition.USED, "used_good"), (Condition.REFURBISHED, "refurbished_refurbished")],
)
def test_a_condition_has_amazons_word(condition: Condition, word: str) -> None:
    (listing,) = values(item(food(condition=condition)))["listings"]
    assert listing["facts"]["condition_type"][0]["value"] == word


def test_a_parents_sku_is_kept_apart_from_its_childrens() -> None:
    assert mapping.parent_sku(shirt()) == "TEE"
    assert mapping.parent_sku(shirt("TEE-S", sizes=("X",)).model_copy(update={"key": "TEE-S-X"})) == "TEE-S-X-parent"


def test_a_sku_that_is_too_long_is_refused() -> None:
    found = refusal(item(food("K", variant={"sku": "S" * 41})))
    assert (found.reason, found.field) == (ReasonCode.INVALID_VALUE, "sku")


def test_a_withdrawal_says_what_goes() -> None:
    one = item(shirt())
    assert values(replace(one, action=Action.DELETE)) == {"withdraw": ["TEE-S", "TEE-M", "TEE"]}


def test_stock_and_price_are_their_own_words() -> None:
    one = item(food())
    assert values(stock(one, -2)) == {"quantity": 0}
    assert values(priced(one, price("9.5", "12"))) == {"price": "9.50", "currency": "EUR", "list_price": "12.00"}


def test_the_weight_is_the_number_of_calls() -> None:
    adapter = create()
    assert adapter.weight(Operation.PUSH_PRODUCTS, item(food())) == 1
    assert adapter.weight(Operation.PUSH_PRODUCTS, item(shirt())) == 3


@pytest.mark.parametrize(("locale", "tag"), [(None, "fr_FR"), ("fr", "fr_FR"), ("fr-BE", "fr_BE"), ("en", "en")])
def test_the_language_is_the_connectors_in_the_marketplaces_form(locale: str | None, tag: str) -> None:
    assert language_of(_with(locale=locale)) == tag


def test_every_marketplace_is_in_a_region_that_has_a_host() -> None:
    assert len(MARKETPLACES) == 23
    assert {one.region for one in MARKETPLACES.values()} == set(HOSTS)


def test_mapping_a_product_takes_no_time() -> None:
    adapter, one = create(), item(food())
    operation = Operation.PUSH_PRODUCTS
    seconds = min(timeit.repeat(lambda: adapter.mapped(operation, one, SETTINGS), number=50, repeat=5)) / 50
    assert seconds < 0.001


_SCHEMA: dict[str, Any] = {
    "$defs": {"place": {"type": "string"}},
    "properties": {
        "item_dimensions": {
            "items": {
                "properties": {
                    "length": {"properties": {"value": {"type": "number"}, "unit": {"type": "string"}}},
                    "marketplace_id": {"$ref": "#/$defs/place"},
                }
            }
        },
        "number_of_items": {"items": {"properties": {"value": {"type": "integer"}, "marketplace_id": {}}}},
        "style": {"items": {"properties": {"value": {"anyOf": [{"type": "string"}]}, "language_tag": {}}}},
        "theme": {"items": {"required": ["name"], "properties": {"name": {"type": "string"}, "marketplace_id": {}}}},
    },
}


@pytest.mark.parametrize(
    ("target", "texts", "unit", "made"),
    [
        ("item_dimensions.length", ["12.5"], "centimeters",
         {"item_dimensions": [{"length": {"value": 12.5, "unit": "centimeters"}, "marketplace_id": FR}]}),
        ("number_of_items", ["6"], None, {"number_of_items": [{"value": 6, "marketplace_id": FR}]}),
        ("number_of_items", ["six"], None, {"number_of_items": [{"value": "six", "marketplace_id": FR}]}),
        ("style", ["A", "B"], None,
         {"style": [{"value": "A", "language_tag": "fr_FR"}, {"value": "B", "language_tag": "fr_FR"}]}),
        ("theme", ["SIZE"], None, {"theme": [{"name": "SIZE", "marketplace_id": FR}]}),
        ("unknown", ["x"], None, {"unknown": [{"value": "x", "marketplace_id": FR}]}),
    ],
)  # fmt: skip
def test_texts_take_the_form_of_the_schema(target: str, texts: list[str], unit: str | None, made: Any) -> None:
    place = Place(FR, "fr_FR", "EUR")
    assert shaped({target: {"texts": texts, "unit": unit}}, _SCHEMA, place) == made
