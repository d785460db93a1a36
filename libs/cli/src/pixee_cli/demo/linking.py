"""Step: a connector for each shop, tested."""

import asyncio

from pixee_cli import output
from pixee_cli.demo.context import Demo, DemoFailed, DemoShop
from pixee_cli.demo.shops import SETTINGS
from pixee_cli.exits import NotReachable
from pixee_cli.gateway import Json

_PATIENCE = 40.0  # seconds until a worker of the platform must have answered


async def link_shops(demo: Demo) -> None:
    """Adds the connectors that are missing, and asks each new one's shop whether it lets us in.

    A connector that is there was tested when it was made: a test may itself be a write request (WooCommerce tells whether
    a key may write only when something is written), and a repeated demo promises none.
    """
    there = {one["name"]: one["id"] for one in await demo.gateway.connectors()}
    for shop in demo.shops:
        name = f"{shop.title} demo"
        if name not in there:
            body = {
                "name": name,
                "platform": shop.platform,
                "settings": dict(SETTINGS[shop.platform]),
                "credentials": dict(shop.access.credentials),
            }
            demo.connectors[shop.platform] = (await demo.gateway.add_connector(body))["id"]
        else:
            demo.connectors[shop.platform] = there[name]
            output.say(f"{name}: linked by an earlier run")
            continue
        answer = await _tested(demo, shop)
        if not answer["success"]:
            raise DemoFailed(f"the test of the connector {name} failed: {answer['message']}")
        output.say(f"{name}: {answer['message']} ({answer['latency_ms']} ms)")


async def _tested(demo: Demo, shop: DemoShop) -> Json:
    """A worker that has just started may not be known yet."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while True:
        try:
            return await demo.gateway.test_connector(demo.connectors[shop.platform])
        except NotReachable:
            if loop.time() > until:
                raise
        await asyncio.sleep(0.5)
