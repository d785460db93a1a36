"""A connector that sells on items of Amazon's catalog, and the catalog's side of it."""

from typing import Any

from platform_workers.platforms.amazon_sp_api.catalog import EAN, SETTINGS
from platform_workers.platforms.amazon_sp_api.conftest import Shop

from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base.outcomes import Outcome

ASIN, OTHER = "B0KNOWN001", "B0KNOWN002"
EANS = ("4006381333931", "3760001234565")


def ean_of(first: str) -> str:
    """Twelve digits with their check digit."""
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first))
    return f"{first}{-weighed % 10}"


def offering(shop: Shop, how: str = "offer", *rules: Any, **settings: Any) -> None:
    mapping = SETTINGS.mapping.model_copy(update={"attributes": (*SETTINGS.mapping.attributes, *rules)})
    shop.configure(**{"extra": {**SETTINGS.extra, "existing_asins": how}, "mapping": mapping} | settings)


def catalog(shop: Shop, *asins: str, **more: Any) -> None:
    shop.set(catalog={EAN: list(asins)}, **more)


async def pushed(shop: Shop, *items: Any) -> list[Outcome]:
    outcomes = await shop.push(*items)
    assert {one.kind for one in outcomes} == {OutcomeKind.APPLIED}, outcomes
    return outcomes
