"""Step: catalog and shops compared field by field, each shop read through its platform's own API."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import httpx

from pixee_cli import output
from pixee_cli.comparison.amazon_rules import as_listed
from pixee_cli.comparison.catalog_side import View, expected
from pixee_cli.comparison.differences import FIELDS, Comparison, compare
from pixee_cli.comparison.shops import read_shop
from pixee_cli.demo import amazon
from pixee_cli.demo.context import DemoShop
from pixee_cli.demo.shops import SETTINGS
from pixee_common.db import Database

SHOWN = 20


async def compare_shops(
    database: Database, account_id: UUID, shops: Sequence[DemoShop], client: httpx.AsyncClient
) -> dict[str, Comparison]:
    """Platform → what differs. Raises ShopUnreadable."""
    read = await asyncio.gather(*(read_shop(client, shop.access) for shop in shops))
    found = {}
    for shop, contents in zip(shops, read, strict=True):
        view = View.of(SETTINGS[shop.platform], contents.currency)
        wanted = await expected(database, account_id, view)
        listed = as_listed(wanted, amazon.OPTIONS) if shop.platform == amazon.PLATFORM else wanted
        kept_back = len(wanted.products) - len(listed.products)
        found[shop.platform] = replace(compare(listed, contents), not_for_sale=kept_back)
    return found


def say_comparison(found: dict[str, Comparison], titles: dict[str, str]) -> None:
    """A table of counts, and the first differences."""
    columns = ["", *(titles[platform] for platform in found)]
    rows: list[list[object]] = [
        ["products: catalog / shop", *(f"{one.products:,} / {one.shop_products:,}" for one in found.values())],
        ["variants: catalog / shop", *(f"{one.variants:,} / {one.shop_variants:,}" for one in found.values())],
    ]
    for field in FIELDS:
        cells = []
        for one in found.values():
            wrong = sum(difference.field == field for difference in one.differences)
            cells.append(
                f"{one.compared[field]:,} equal" if not wrong else f"{wrong:,} of {one.compared[field]:,} DIFFER"
            )
        rows.append([field, *cells])
    output.table(None, columns, rows)
    for platform, one in found.items():
        if one.not_for_sale:
            output.say(
                f"{titles[platform]}: {one.not_for_sale:,} products of the catalog are drafts or archived; "
                "what is listed there is for sale, so they are not."
            )
        if one.eans_left_out:
            output.say(f"{titles[platform]}: {one.eans_left_out} EANs that several products share are not in the shop.")
        differences = [(entry.item, entry.field, entry.catalog, entry.shop) for entry in one.differences[:SHOWN]]
        if differences:
            title = f"{titles[platform]}: {len(one.differences):,} differences" + (
                f", the first {SHOWN}" if len(one.differences) > SHOWN else ""
            )
            output.table(title, ("Item", "Field", "Catalog", "Shop"), differences)
