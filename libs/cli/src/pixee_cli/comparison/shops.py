"""The platforms whose shops can be read, and a reading by name."""

from collections.abc import Awaitable, Callable, Mapping

import httpx

from pixee_cli.comparison import amazon_shop, shopify_shop, woocommerce_shop
from pixee_cli.comparison.seen import Contents
from pixee_cli.comparison.shop_access import ShopAccess

READERS: Mapping[str, Callable[[httpx.AsyncClient, ShopAccess], Awaitable[Contents]]] = {
    "amazon_sp_api": amazon_shop.read,
    "shopify": shopify_shop.read,
    "woocommerce": woocommerce_shop.read,
}


async def read_shop(client: httpx.AsyncClient, shop: ShopAccess) -> Contents:
    """Everything that the shop has. Raises ShopUnreadable."""
    return await READERS[shop.platform](client, shop)
