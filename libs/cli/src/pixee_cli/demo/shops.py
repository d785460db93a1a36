"""The three shops of the demo, all simulated: a Shopify shop on the Plus plan, a WooCommerce site, a seller on Amazon."""

from collections.abc import Mapping
from typing import Any

import httpx

from pixee_cli.comparison.shop_access import ShopAccess
from pixee_cli.demo import amazon
from pixee_cli.demo.context import Demo, DemoShop
from pixee_cli.demo.credentials import kept_credentials
from pixee_cli.demo.simulators import SimulatedShop
from pixee_cli.place import Place

HOSTS = {"shopify": "demo.myshopify.com", "woocommerce": "demo.woo.example", amazon.PLATFORM: amazon.API_HOST}
TITLES = {"shopify": "Shopify", "woocommerce": "WooCommerce", amazon.PLATFORM: "Amazon"}
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "shopify": {"shop_domain": HOSTS["shopify"]},
    "woocommerce": {"store_url": f"https://{HOSTS['woocommerce']}"},
    amazon.PLATFORM: amazon.SETTINGS,
}
"""Of the connectors."""

_SIMULATED_AS = {amazon.PLATFORM: amazon.HOST}
"""Where a simulator keeps a shop under another name than the host that requests go to."""

_SHOPS: Mapping[str, Mapping[str, Any]] = {amazon.PLATFORM: amazon.SELLER}
_LIMITS: Mapping[str, Mapping[str, Any]] = {
    "shopify": {"maximumAvailable": 20_000, "restoreRate": 1_000},
    amazon.PLATFORM: amazon.LIMITS,
}
"""Shopify's Plus plan (https://shopify.dev/docs/api/usage/limits): the demo shall not last for the sake of a small bucket."""


def demo_shops(place: Place, client: httpx.AsyncClient) -> tuple[DemoShop, ...]:
    """Where the shops are reached in a running stack. Raises NotReachable."""
    credentials = kept_credentials(place.data)
    return tuple(
        DemoShop(
            platform=platform,
            title=TITLES[platform],
            simulated=SimulatedShop(client, place.simulator_url(platform), _SIMULATED_AS.get(platform, host)),
            access=ShopAccess(platform, place.simulator_url(platform), host, credentials[platform], SETTINGS[platform]),
        )
        for platform, host in HOSTS.items()
    )


async def open_shops(demo: Demo) -> None:
    """Makes the shops at their simulators, or finds them as they were."""
    for shop in demo.shops:
        about = {"name": f"{shop.title} demo shop", "currency": "EUR", **_SHOPS.get(shop.platform, {})}
        await shop.simulated.put({**shop.access.credentials, **about})
        if shop.platform in _LIMITS:
            await shop.simulated.limit(_LIMITS[shop.platform])
        demo.writes_before[shop.platform] = await shop.simulated.writes()
    amazon.say_speed()
