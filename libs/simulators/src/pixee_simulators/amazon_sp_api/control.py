"""The control API's own part of this platform: the seller's truth, read and planted (truth.py)."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from pixee_simulators.amazon_sp_api import truth
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.kit import Shop, Simulator
from pixee_simulators.kit.simulator import shop_host

Settle = Callable[[Shop[Account]], Awaitable[None]]
_PATH = "/_control/amazon/listings"
_PAGE = 200_000


class TruthControl:
    """`settle` brings everything that is due by now to its end before anybody looks."""

    def __init__(self, simulator: Simulator[Account], settle: Settle) -> None:
        self._simulator = simulator
        self._settle = settle

    def routes(self, app: web.Application) -> None:
        app.router.add_get(_PATH, self._listings)
        app.router.add_put(_PATH, self._plant)

    async def _listings(self, request: web.Request) -> web.Response:
        shop = self._shop(request)
        if shop is None:
            return _json({"error": f"no shop at {request.query.get('host')}"}, 404)
        await self._settle(shop)
        after, limit = request.query.get("after", ""), int(request.query.get("limit", str(_PAGE)))
        wanted = request.query.get("attributes") == "1"
        found = truth.items(shop.state, self._simulator.clock.now(), attributes=wanted)
        page = list(itertools.islice((one for one in found if one["sku"] > after), limit))
        return _json({"items": page, "next": page[-1]["sku"] if page else None})

    async def _plant(self, request: web.Request) -> web.Response:
        shop = self._shop(request)
        if shop is None:
            return _json({"error": f"no shop at {request.query.get('host')}"}, 404)
        try:
            planted = truth.plant(
                shop.state, orjson.loads(await request.read()), shop.limits, self._simulator.clock.now()
            )
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": f"not a list of listings: {error!r}"}, 400)
        shop.touch()
        return _json({"planted": planted})

    def _shop(self, request: web.Request) -> Shop[Account] | None:
        return self._simulator.shops.get(shop_host(request.query.get("host", "")))


def _json(content: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/json")
