"""The WooCommerce simulator: finds the site, the route and the user, and lets the collections answer.

Settings of a shop: `consumer_key`, `consumer_secret` (needed), `permissions` (read | write | read_write), `base_path`
("/shop"), `currency` ("EUR"), `prices_include_tax` (bool), `utc_offset_hours`, `failing_images` (regular expressions
of image URLs), `allow_private_images` (bool), `redirect_to` (a URL everything is sent to), `version`.

Limits: `latency_ms` and `latency_per_item_ms` (of a batch), `batch_items` (the host's filter), `max_concurrent` and
`requests_per_minute` (none in core; a host's firewall), `firewall_status`, `firewall_retry_after` (seconds or None), `webhook_delay_ms`.
"""

from collections import deque
from typing import Any, ClassVar

import orjson
from aiohttp import web

from pixee_simulators.kit import FaultRule, Shop, Simulator, Violation, call_of
from pixee_simulators.woocommerce import auth, routes, shaping
from pixee_simulators.woocommerce.deliveries import Deliveries
from pixee_simulators.woocommerce.errors import WooError, no_route
from pixee_simulators.woocommerce.product_write import Writer
from pixee_simulators.woocommerce.published import read_published
from pixee_simulators.woocommerce.store import Store, moment
from pixee_simulators.woocommerce.validation import judge
from pixee_simulators.woocommerce.visit import Answer, Visit
from pixee_simulators.woocommerce.wire import Wire

_API = "/wp-json/wc/v3"
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_NAMESPACES = ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wc-analytics", "wc-admin", "wp/v2"]


class WooCommerce(Simulator[Store]):
    slug = "woocommerce"
    host_example = "shop.example"
    default_limits: ClassVar[dict[str, Any]] = {
        "latency_per_item_ms": 0,
        "batch_items": 100,
        "max_concurrent": None,
        "requests_per_minute": None,
        "firewall_status": 429,
        "firewall_retry_after": None,
        "webhook_delay_ms": 0,
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._published = read_published(self.specs) if self.specs is not None else None
        self._recent: dict[str, deque[float]] = {}
        self.deliveries = Deliveries(self.clock)
        self._nonces: dict[str, dict[str, float]] = {}

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{tail:.*}", self._answer)
        app.on_cleanup.append(self.deliveries.close)

    def new_shop(self, host: str, settings: dict[str, Any]) -> Store:
        if not settings.get("consumer_key") or not settings.get("consumer_secret"):
            raise ValueError("a WooCommerce shop needs consumer_key and consumer_secret")
        self._recent.pop(host, None)
        return Store.new(host, settings)

    def settings_changed(self, shop: Shop[Store]) -> None:
        shop.state.configure(shop.settings)

    def freeze_state(self, state: Store) -> Any:
        return state.freeze()

    def thaw_state(self, host: str, settings: dict[str, Any], kept: Any) -> Store:
        return Store.thaw(host, settings, kept)

    def sizes(self, shop: Shop[Store]) -> dict[str, int]:
        return shop.state.sizes()

    def classify(self, shop: Shop[Store], request: web.Request, body: bytes) -> tuple[str, str]:
        """Operations are `METHOD template`, as `POST /products/batch` or `GET /products/{product_id}/variations`.

        A batch of nothing is how a key's right to write is tried: it writes nothing.
        """
        tries = request.path.endswith("/batch") and body.strip() == b"{}"
        kind = "read" if tries or request.method in {"GET", "HEAD", "OPTIONS"} else "write"
        path = _below_api(shop.state, request)
        return kind, f"{request.method} {request.path if path is None else routes.template_of(path) or '/'}"

    def validate(self, shop: Shop[Store], request: web.Request, body: bytes) -> list[Violation]:
        path = _below_api(shop.state, request)
        if self._published is None or not path or request.method in {"OPTIONS", "HEAD"}:
            return []
        return judge(self._published, request.method, path, request.query, body)

    def expired_token(self, shop: Shop[Store], request: web.Request) -> web.Response:
        """A key that was revoked is a key nobody knows: "cannot list", never "expired" [live]."""
        return _refusal(auth.cannot("list"))

    def throttled(self, shop: Shop[Store], request: web.Request, rule: FaultRule) -> web.Response:
        """The host's firewall: WooCommerce itself throttles nobody."""
        return _firewall(int(shop.limits["firewall_status"]), rule.retry_after)

    # --- one request ----------------------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.Response:
        shop: Shop[Store] = call_of(request).shop
        if target := shop.settings.get("redirect_to"):
            return web.Response(status=301, headers={"Location": f"{str(target).rstrip('/')}{request.raw_path}"})
        if self._over_limit(shop):
            return _firewall(int(shop.limits["firewall_status"]), shop.limits["firewall_retry_after"])
        site_path = _site_path(shop.state, request)
        if site_path is None or not (site_path + "/").startswith("/wp-json/"):
            return web.Response(status=404, text=_PAGE.format("Page not found"), content_type="text/html")
        try:
            return await self._api(shop, request, site_path)
        except WooError as error:
            return _refusal(error)

    async def _api(self, shop: Shop[Store], request: web.Request, site_path: str) -> web.Response:
        user = "rest_route" not in request.query and auth.authenticate(
            request, shop.settings, self._nonces.setdefault(shop.host, {}), self.clock.now()
        )
        if site_path == "/wp-json":
            return _json({"name": "Simulated shop", "url": shop.state.url, "namespaces": _NAMESPACES})
        path = site_path.removeprefix(_API)
        if path == site_path:
            raise no_route()
        if request.method == "OPTIONS" or (path == "" and request.method == "GET"):
            return self._described(path)
        found = routes.find(request.method, path)
        if found is None:
            raise no_route()
        route, captured = found
        body = _parsed(request, call_of(request).body)
        if not user:
            raise auth.cannot(route.deed)
        await self._work(shop, body)
        visit = self._visit(shop, request, body)
        answer = route.handler(visit, captured)
        self._announce(shop, visit)
        return _json(shaping.only(answer.content, request.query.get("_fields")), answer)

    def _announce(self, shop: Shop[Store], visit: Visit) -> None:
        """Told as the product stands when it is told."""

        def shown(number: int) -> dict[str, Any]:
            store = shop.state
            return Wire(store, moment(self.clock.now())).product(store.products[number])

        self.deliveries.announce(shop.state, visit.changes, shown, float(shop.limits["webhook_delay_ms"]))
        for number in visit.pinged:
            self.deliveries.ping(shop.state.webhooks[number])

    def _visit(self, shop: Shop[Store], request: web.Request, body: dict[str, Any]) -> Visit:
        now = self.clock.now()
        return Visit(
            call=call_of(request),
            store=shop.state,
            settings=shop.settings,
            limits=shop.limits,
            query=request.query,
            body=body,
            url=f"{shop.state.url}{request.path.removeprefix(shop.state.base_path)}",
            now=moment(now),
            writer=Writer(shop.state, shop.settings, now),
            wire=Wire(shop.state, moment(now)),
        )

    async def _work(self, shop: Shop[Store], body: dict[str, Any]) -> None:
        """The time a shop needs per item; nothing is stored before it is over."""
        per_item = float(shop.limits["latency_per_item_ms"])
        items = sum(len(body[name]) for name in ("create", "update", "delete") if isinstance(body.get(name), list))
        if per_item and items:
            await self.clock.sleep(items * per_item / 1000)

    def _over_limit(self, shop: Shop[Store]) -> bool:
        most, per_minute = shop.limits["max_concurrent"], shop.limits["requests_per_minute"]
        if most is not None and shop.counts.in_flight > int(most):
            return True
        if per_minute is None:
            return False
        now, recent = self.clock.now(), self._recent.setdefault(shop.host, deque())
        while recent and recent[0] <= now - 60:
            recent.popleft()
        if len(recent) >= int(per_minute):
            return True
        recent.append(now)
        return False

    def _described(self, path: str) -> web.Response:
        """The route index and OPTIONS, as published when the schemas are there."""
        if path == "":
            return _json(self._published.index if self._published else {"namespace": "wc/v3", "routes": {}})
        methods = sorted(
            {method for route in routes.ROUTES if route.pattern.fullmatch(path) for method in route.methods}
        )
        if not methods:
            raise no_route()
        document = self._published.options.get(_shape(path)) if self._published else None
        return _json(document or {"namespace": "wc/v3", "methods": methods, "endpoints": []})


def create(**options: Any) -> WooCommerce:
    """Options as for `kit.Simulator`."""
    return WooCommerce(**options)


def _site_path(store: Store, request: web.Request) -> str | None:
    """The path inside the site, without the slash at its end; `?rest_route=` counts as a path. None: other site."""
    path = request.path
    if store.base_path and path != store.base_path and not path.startswith(store.base_path + "/"):
        return None
    inner = path.removeprefix(store.base_path).rstrip("/")
    if inner in {"", "/index.php"} and (route := request.query.get("rest_route")):
        return f"/wp-json{route.rstrip('/')}"
    return inner


def _below_api(store: Store, request: web.Request) -> str | None:
    path = _site_path(store, request)
    return path.removeprefix(_API) if path is not None and (path + "/").startswith(_API + "/") else None


def _shape(path: str) -> str:
    return "/".join("{}" if part.isdigit() else part for part in path.split("/"))


def _parsed(request: web.Request, raw: bytes) -> dict[str, Any]:
    """A JSON body counts only when it says that it is JSON; broken JSON is refused as WordPress does."""
    if not raw or request.content_type != "application/json":
        return {}
    try:
        body = orjson.loads(raw)
    except ValueError:
        detail = {"json_error_code": 4, "json_error_message": "Syntax error"}
        raise WooError("rest_invalid_json", "Invalid JSON body passed.", 400, **detail) from None
    return body if isinstance(body, dict) else {}


def _json(content: Any, answer: Answer | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(content),
        status=answer.status if answer else 200,
        headers=dict(answer.headers or {}) if answer else None,
        content_type="application/json",
        charset="UTF-8",
    )


def _refusal(error: WooError) -> web.Response:
    return _json(error.wire(), Answer(None, error.status))


def _firewall(status: int, retry_after: Any) -> web.Response:
    """Not WooCommerce: the host in front of it, in HTML."""
    headers = {} if retry_after is None else {"Retry-After": f"{float(retry_after):g}"}
    return web.Response(
        status=status, headers=headers, text=_PAGE.format("Too many requests"), content_type="text/html"
    )
