"""The two shops of the demo: a Shopify shop on the Plus plan and a WooCommerce site, both simulated."""

from collections.abc import Mapping
from typing import Any

import httpx

from pixee_cli.comparison.shop_access import ShopAccess
from pixee_cli.demo.context import Demo, DemoShop
from pixee_cli.demo.credentials import kept_credentials
from pixee_cli.demo.simulators import SimulatedShop
from pixee_cli.place import Place

HOSTS = {"shopify": "demo.myshopify.com", "woocommerce": "demo.woo.example"}
TITLES = {"shopify": "Shopify", "woocommerce": "WooCommerce"}
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "shopify": {"shop_domain": HOSTS["shopify"]},
    "woocommerce": {"store_url": f"https://{HOSTS['woocommerce']}"},
}
"""Of the connectors."""

_LIMITS: Mapping[str, Mapping[str, Any]] = {"shopify": {"maximumAvailable": 20_000, "restoreRate": 1_000}}
"""Shopify's Plus plan (https://shopify.dev/docs/api/usage/limits): the demo shall not last for the sake of a small bucket."""


def demo_shops(place: Place, client: httpx.AsyncClient) -> tuple[DemoShop, ...]:
    """Where the shops are reached in a running stack. Raises NotReachable."""
    credentials = kept_credentials(place.data)
    return tuple(
        DemoShop(
            platform=platform,
            title=TITLES[platform],
            simulated=SimulatedShop(client, place.simulator_url(platform), host),
            access=ShopAccess(platform, place.simulator_url(platform), host, credentials[platform]),
        )
        for platform, host in HOSTS.items()
    )


async def open_shops(demo: Demo) -> None:
    """Makes the shops at their simulators, or finds them as they were."""
    for shop in demo.shops:
        await shop.simulated.put({**shop.access.credentials, "name": f"{shop.title} demo shop", "currency": "EUR"})
        if shop.platform in _LIMITS:
            await shop.simulated.limit(_LIMITS[shop.platform])
        demo.writes_before[shop.platform] = await shop.simulated.writes()
