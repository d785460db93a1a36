"""Sheet, "Push products": product type definitions are fetched, cached by checksum and version, and judged by."""

import base64
import copy
import hashlib
from typing import Any

import orjson
import pytest
from jsonschema import Draft201909Validator
from simulators.amazon_sp_api.samples import food, price, shirt, stock, text, told
from simulators.amazon_sp_api.seller import DE, FR, Seller

from pixee_simulators.amazon_sp_api.issues import judge
from pixee_simulators.amazon_sp_api.product_types import TYPES, schema_of
from pixee_simulators.amazon_sp_api.schema_check import compiled

TYPES_PATH = "/definitions/2020-09-01/productTypes"


async def definition(seller: Seller, kind: str, **query: Any) -> tuple[Any, Any]:
    """The answer and the schema behind it."""
    status, answer = await seller.ask("GET", f"{TYPES_PATH}/{kind}", marketplaceIds=FR, **query)
    assert status == 200, answer
    link = answer["schema"]["link"]
    status, content, _ = await seller.fetch(link["verb"], link["resource"])
    assert status == 200, content
    checksum = base64.b64encode(hashlib.md5(content).digest()).decode()
    assert checksum == answer["schema"]["checksum"]
    return answer, orjson.loads(content)


async def test_types_are_suggested_by_keyword_and_name(seller: Seller) -> None:
    async def names(**query: Any) -> list[str]:
        status, answer = await seller.ask("GET", TYPES_PATH, marketplaceIds=FR, **query)
        assert status == 200
        assert answer["productTypeVersion"]
        return [one["name"] for one in answer["productTypes"]]

    assert await names() == ["GROCERY", "SHIRT", "PRODUCT", "MERCHANDISE"]
    assert await names(keywords="shirt") == ["SHIRT"]
    assert await names(itemName="Dark chocolate bar") == ["GROCERY"]
    assert await names(itemName="Hammer") == ["PRODUCT"]
    assert await names(keywords="hammer") == []
    assert (await seller.ask("GET", TYPES_PATH, marketplaceIds=FR, keywords="a", itemName="b"))[0] == 400


async def test_a_schema_is_fetched_by_its_link_and_judges_as_the_simulator_does(seller: Seller) -> None:
    answer, schema = await definition(seller, "GROCERY", requirements="LISTING", sellerId="A1SELLER")
    assert (answer["productType"], answer["locale"], answer["requirementsEnforced"]) == ("GROCERY", "fr_FR", "ENFORCED")
    assert answer["productTypeVersion"]["latest"] is True
    assert "purchasable_offer" in answer["propertyGroups"]["offer"]["propertyNames"]
    validator = Draft201909Validator(schema)
    assert validator.is_valid(food())
    assert not validator.is_valid(food(brand=None))
    assert not validator.is_valid(food(DE))
    assert await seller.violations() == []


async def test_a_partial_schema_requires_nothing_on_top(seller: Seller) -> None:
    _, schema = await definition(seller, "GROCERY", requirementsEnforced="NOT_ENFORCED")
    assert "required" not in schema
    assert Draft201909Validator(schema).is_valid({"fulfillment_availability": [stock(1)]})
    _, offer = await definition(seller, "PRODUCT", requirements="LISTING_OFFER_ONLY")
    assert offer["required"] == ["condition_type", "purchasable_offer"]


async def test_levels_of_parentage_have_their_own_schema(seller: Seller) -> None:
    schemas = {
        level: (await definition(seller, "SHIRT", parentageLevel=level))[1] for level in ("NONE", "CHILD", "PARENT")
    }
    assert "color" not in schemas["PARENT"]["required"]
    assert "child_parent_sku_relationship" in schemas["CHILD"]["required"]
    assert Draft201909Validator(schemas["NONE"]).is_valid(shirt())


async def test_a_schemas_address_ends_and_takes_no_token(seller: Seller) -> None:
    _, answer = await seller.ask("GET", f"{TYPES_PATH}/SHIRT", marketplaceIds=FR)
    url = answer["schema"]["link"]["resource"]
    assert (await seller.fetch("GET", url, headers={"x-amz-access-token": seller.token}))[0] == 403
    assert [one["rule"] for one in await seller.violations()] == ["leaked_token"]
    assert (await seller.fetch("GET", url.replace("SHIRT", "GROCERY")))[0] == 403
    seller.advance(8 * 24 * 3600)
    assert (await seller.fetch("GET", url))[0] == 403


async def test_unknown_types_versions_and_sellers_are_refused(seller: Seller) -> None:
    async def status(kind: str, **query: Any) -> int:
        return (await seller.ask("GET", f"{TYPES_PATH}/{kind}", marketplaceIds=FR, **query))[0]

    assert await status("SPACESHIP") == 404
    assert await status("SHIRT", productTypeVersion="U4n") == 404
    assert await status("SHIRT", sellerId="SOMEBODY") == 403
    assert await status("SHIRT", requirements="ALL") == 400


WRONG: list[dict[str, Any]] = [
    {},
    {"brand": None},
    {"brand": "Pixee"},
    {"brand": text("")},
    {"item_name": text("x" * 201)},
    {"item_name": text("x", DE)},
    {"item_name": text("x", language="xx_XX")},
    {"item_name": [{"value": "x", "marketplace_id": FR}]},
    {"bullet_point": [one for number in range(6) for one in text(str(number))]},
    {"purchasable_offer": [price("1")]},
    {"purchasable_offer": [price(True)]},
    {"purchasable_offer": [price(-1)]},
    {"purchasable_offer": [price(1) | {"our_price": []}]},
    {"purchasable_offer": [price(1, audience="VIP")]},
    {"purchasable_offer": []},
    {"purchaseable_offer": [price(1)]},
    {"fulfillment_availability": [stock(1, colour="red")]},
    {"fulfillment_availability": [{"quantity": 1}]},
    {"fulfillment_availability": [stock(2.5)]},  # type: ignore[arg-type]
    {"unit_count": told(1)},
    {"unit_count": told(1, unit="barrel")},
    {"externally_assigned_product_identifier": None},
    {"externally_assigned_product_identifier": told("12", type="ean")},
    {"main_product_image_locator": [{"media_location": "ftp://x", "marketplace_id": FR}]},
]


@pytest.mark.parametrize("changes", WRONG)
def test_the_quick_check_finds_what_jsonschema_finds(changes: dict[str, Any]) -> None:
    schema = schema_of("GROCERY", FR, "LISTING", True)
    for attributes in (food(**changes), {name: value for name, value in changes.items() if value is not None}):
        expected = Draft201909Validator(schema).is_valid(attributes)
        assert (compiled(schema)(attributes) == []) == expected


@pytest.mark.parametrize("level", ["parent", "child", None])
@pytest.mark.parametrize("missing", ["color", "variation_theme", "purchasable_offer", "brand"])
def test_conditions_mean_the_same_to_both(level: str | None, missing: str) -> None:
    link = [{"child_relationship_type": "variation", "parent_sku": "P", "marketplace_id": FR}]
    attributes = shirt(
        variation_theme=[{"name": "COLOR", "marketplace_id": FR}],
        child_parent_sku_relationship=link,
        parentage_level=told(level) if level else None,
    )
    attributes.pop(missing)
    schema = schema_of("SHIRT", FR, "LISTING", True)
    expected = Draft201909Validator(schema).is_valid(attributes)
    assert (judge("SHIRT", FR, "LISTING", True)(attributes) == []) == expected


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_schema_is_one(kind: str) -> None:
    schema = copy.deepcopy(schema_of(kind, FR, "LISTING", True))
    schema["$schema"] = "https://json-schema.org/draft/2019-09/schema"
    Draft201909Validator.check_schema(schema)


def test_a_keyword_that_the_quick_check_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not know uniqueItems"):
        compiled({"type": "array", "uniqueItems": True})
