"""An Amazon seller's listings are read whole, however many, and Amazon's own rules are no differences."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest
from simulators.amazon_sp_api.samples import food, price, text, told
from simulators.amazon_sp_api.seller import EU, FR, SETTINGS, SHOP, Seller

from pixee_cli.comparison.amazon_rules import as_listed
from pixee_cli.comparison.amazon_shop import read
from pixee_cli.comparison.differences import compare
from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant
from pixee_cli.comparison.shop_access import ShopAccess, ShopUnreadable, open_client
from pixee_simulators.amazon_sp_api import truth

LONG = "Pain de campagne au levain naturel, façonné à la main et cuit au feu de bois, tranché"
HEAD, REST = (
    "Pain de campagne au levain naturel, façonné à la main et cuit au feu de",
    "bois, tranché",
)


@pytest.fixture
async def seller() -> AsyncIterator[Seller]:
    async with Seller() as opened:
        yield opened


def plant(seller: Seller, listings: dict[str, dict], kind: str = "GROCERY") -> None:
    """Listings that the seller has had before, all made now."""
    shop = seller.simulator.shops[SHOP]
    rows = [
        {"sku": sku, "marketplace": FR, "productType": kind, "attributes": attributes}
        for sku, attributes in listings.items()
    ]
    truth.plant(shop.state, rows, shop.limits, seller.simulator.clock.now())


async def seen(seller: Seller, **changes: str) -> Contents:
    access = ShopAccess(
        "amazon_sp_api", seller.url, EU, SETTINGS, {"seller_id": "A1SELLER", "marketplace_id": FR, **changes}
    )
    async with open_client() as client:
        return await read(client, access)


def catalog_product(title: str = "Chocolat noir 70 %", **changes: object) -> SeenProduct:
    """What `food()` is made of."""
    variant = SeenVariant("S-1", "3760001234567", {}, Decimal("19.99"), None, 12)
    return SeenProduct("S-1", title, "Un chocolat.", "active", (replace(variant, **changes),))


def differing(catalog: Contents, shop: Contents, attributes: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [(one.item, one.field) for one in compare(as_listed(catalog, attributes or {}), shop).differences]


async def test_what_is_listed_is_read_field_by_field(seller) -> None:
    plant(seller, {"S-1": food(list_price=[{"value_with_tax": 25, "currency": "EUR", "marketplace_id": FR}])})
    contents = await seen(seller)
    assert contents == Contents("EUR", (catalog_product(compare_at_price=Decimal(25)),))
    assert await seller.violations() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"item_name": text("Chocolat")}, "title"),
        ({"product_description": None}, "description"),
        ({"externally_assigned_product_identifier": None}, "ean"),
        ({"purchasable_offer": [price(19.98)]}, "price"),
        ({"fulfillment_availability": []}, "quantity"),
    ],
)
async def test_what_differs_is_found(seller, changed, field) -> None:
    plant(seller, {"S-1": food(**changed)})
    found = differing(Contents("EUR", (catalog_product(),)), await seen(seller))
    assert [name for _, name in found] == [field]


async def test_a_listing_that_amazon_has_suppressed_is_no_active_one(seller) -> None:
    await seller.limits(late_issue_skus=["S-1"], late_issue_after_s=0, status_after_s=5)
    plant(seller, {"S-1": food()})
    assert differing(Contents("EUR", (catalog_product(),)), await seen(seller)) == [("S-1", "status")]


async def test_more_listings_than_a_search_shows_are_read(seller) -> None:
    for start in (0, 700, 1400):
        plant(seller, {f"S-{number}": food() for number in range(start, start + 700)})
        seller.simulator.clock.change(advance=10)
    skus = [variant.sku for one in (await seen(seller)).products for variant in one.variants]
    assert (len(skus), len(set(skus))) == (2100, 2100)


async def test_more_than_that_at_one_moment_are_an_error_and_never_left_out(seller) -> None:
    plant(seller, {f"S-{number}": food() for number in range(1001)})
    with pytest.raises(ShopUnreadable, match="than a search shows"):
        await seen(seller)


async def test_a_marketplace_where_the_seller_does_not_sell_is_an_error(seller) -> None:
    with pytest.raises(ShopUnreadable, match="does not sell in A1RKKUPIHCS9HS"):
        await seen(seller, marketplace_id="A1RKKUPIHCS9HS")


async def test_a_long_title_is_compared_in_its_two_parts(seller) -> None:
    catalog = Contents("EUR", (catalog_product(LONG),))
    plant(seller, {"S-1": food(item_name=text(HEAD), title_differentiation=text(REST))})
    assert differing(catalog, await seen(seller)) == []
    plant(seller, {"S-1": food(item_name=text(HEAD))})
    assert differing(catalog, await seen(seller)) == [("S-1", "title")]


async def test_a_family_is_one_product_with_mapped_options(seller) -> None:
    theme = [{"name": "COLOR", "marketplace_id": FR}]
    link = [{"child_relationship_type": "variation", "parent_sku": "S", "marketplace_id": FR}]
    parent = food(purchasable_offer=None, fulfillment_availability=None, variation_theme=theme)
    child = food(color=text("Bleu"), variation_theme=theme, child_parent_sku_relationship=link)
    plant(seller, {"S": parent | {"parentage_level": told("parent")}, "S-1": child}, "MERCHANDISE")
    catalog = Contents("EUR", (catalog_product(options={"Couleur": "Bleu"}),))
    assert differing(catalog, await seen(seller), {"Couleur": "color"}) == []
    assert differing(catalog, await seen(seller)) == [("S-1", "options")]


def test_a_draft_is_not_expected_because_amazon_has_none() -> None:
    catalog = Contents("EUR", (replace(catalog_product(), status="draft"), catalog_product()))
    assert [one.status for one in as_listed(catalog, {}).products] == ["active"]
