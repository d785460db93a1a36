"""The control API under `/_control/` (any Host): how tests and the stack hold a simulator in their hand.

    PUT    /_control/shops/{host}     settings incl. credentials: creates the shop or updates its settings
    GET    /_control/shops            [{host, settings, limits, products, variants}]
    POST   /_control/reset?host=      a shop, or without host all of them plus faults and violations, as new
    GET    /_control/counts?host=     one shop's counts, or {host: counts}
    GET    /_control/requests?host=&since=SEQ&kind=&operation=&limit=   {requests, next}
    PUT    /_control/limits/{host}    merged into the shop's limits; unknown names are refused
    POST   /_control/faults           list of fault rules (faults.py), added · GET lists them · DELETE clears
    PUT    /_control/clock            {scale?, advance?, freeze?} -> {now, utc, scale, frozen} · GET
    GET    /_control/violations?host= {validated, count, violations} · DELETE clears
    GET    /health/live               200 while the process runs
    GET    /health/ready              200 when shops can be served

Every mistake of the caller is 400 or 404 with {"error": sentence}.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from pixee_simulators.kit.shop import Shop
from pixee_simulators.kit.simulator import Simulator, shop_host

_PAGE = 100_000


class Control:
    """The handlers, bound to one simulator."""

    def __init__(self, simulator: Simulator[Any]) -> None:
        self._simulator = simulator

    def routes(self, app: web.Application) -> None:
        router = app.router
        router.add_get("/health/live", self._ready)
        router.add_get("/health/ready", self._ready)
        router.add_put("/_control/shops/{host}", _refusing(self._put_shop))
        router.add_get("/_control/shops", self._shops)
        router.add_post("/_control/reset", _refusing(self._reset))
        router.add_get("/_control/counts", _refusing(self._counts))
        router.add_get("/_control/requests", _refusing(self._requests))
        router.add_put("/_control/limits/{host}", _refusing(self._put_limits))
        router.add_get("/_control/faults", self._faults)
        router.add_post("/_control/faults", _refusing(self._add_faults))
        router.add_delete("/_control/faults", self._clear_faults)
        router.add_get("/_control/clock", self._clock)
        router.add_put("/_control/clock", _refusing(self._put_clock))
        router.add_get("/_control/violations", self._violations)
        router.add_delete("/_control/violations", self._clear_violations)

    async def _ready(self, request: web.Request) -> web.Response:
        return _json({"status": "ready", "platform": self._simulator.slug, "shops": len(self._simulator.shops)})

    async def _put_shop(self, request: web.Request) -> web.Response:
        settings = await _object(request)
        return _json(self._describe(self._simulator.put_shop(request.match_info["host"], settings)))

    async def _shops(self, request: web.Request) -> web.Response:
        return _json([self._describe(shop) for shop in self._simulator.shops.values()])

    async def _reset(self, request: web.Request) -> web.Response:
        self._simulator.reset(request.query.get("host"))
        return _json({"reset": request.query.get("host", "all")})

    async def _counts(self, request: web.Request) -> web.Response:
        if "host" in request.query:
            return _json(self._counted(self._shop(request)))
        return _json({host: self._counted(shop) for host, shop in self._simulator.shops.items()})

    async def _requests(self, request: web.Request) -> web.Response:
        query = request.query
        since, limit = int(query.get("since", "0")), int(query.get("limit", str(_PAGE)))
        shops = [self._shop(request)] if "host" in query else list(self._simulator.shops.values())
        found = [
            {"host": shop.host} | entry.describe()
            for shop in shops
            for entry in shop.log.since(since, kind=query.get("kind"), operation=query.get("operation"))
        ]
        page = sorted(found, key=lambda one: int(str(one["seq"])))[:limit]
        return _json({"requests": page, "next": page[-1]["seq"] if page else since})

    async def _put_limits(self, request: web.Request) -> web.Response:
        shop = self._simulator.put_limits(request.match_info["host"], await _object(request))
        return _json(self._describe(shop))

    async def _faults(self, request: web.Request) -> web.Response:
        return _json(self._simulator.faults.describe())

    async def _add_faults(self, request: web.Request) -> web.Response:
        rules = orjson.loads(await request.read())
        self._simulator.faults.add(rules if isinstance(rules, list) else [rules])
        return _json(self._simulator.faults.describe())

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self._simulator.faults.clear()
        return _json([])

    async def _clock(self, request: web.Request) -> web.Response:
        return _json(self._simulator.clock.describe())

    async def _put_clock(self, request: web.Request) -> web.Response:
        wish = await _object(request)
        if unknown := set(wish) - {"scale", "advance", "freeze"}:
            raise ValueError(f"the clock knows scale, advance and freeze, not {', '.join(sorted(unknown))}")
        self._simulator.clock.change(**wish)
        return _json(self._simulator.clock.describe())

    async def _violations(self, request: web.Request) -> web.Response:
        found = self._simulator.violations
        kept = found.describe(request.query.get("host"))
        return _json({"validated": self._simulator.specs is not None, "count": found.count, "violations": kept})

    async def _clear_violations(self, request: web.Request) -> web.Response:
        self._simulator.violations.clear()
        return _json({"count": 0})

    def _shop(self, request: web.Request) -> Shop[Any]:
        return self._simulator.shops[shop_host(request.query["host"])]

    def _describe(self, shop: Shop[Any]) -> dict[str, Any]:
        about = {"host": shop.host, "settings": shop.settings, "limits": shop.limits}
        return about | self._simulator.sizes(shop)

    def _counted(self, shop: Shop[Any]) -> dict[str, Any]:
        return shop.counts.describe() | self._simulator.sizes(shop)


def _refusing(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Unknown shops are 404, anything malformed is 400, both with a sentence."""

    async def refusing(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except KeyError as error:
            return _json({"error": f"no shop at {error.args[0]}"}, status=404)
        except (ValueError, TypeError) as error:
            return _json({"error": str(error)}, status=400)

    return refusing


async def _object(request: web.Request) -> dict[str, Any]:
    parsed = orjson.loads(await request.read() or b"{}")
    if not isinstance(parsed, dict):
        raise TypeError("the body must be a JSON object")
    return parsed


def _json(content: Any, *, status: int = 200) -> web.Response:
    body = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(body=body, status=status, content_type="application/json")
