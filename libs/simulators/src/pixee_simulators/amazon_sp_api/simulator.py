"""The Amazon SP-API simulator: many sellers behind three regional hosts, one sign-in host and presigned addresses.

A "shop" of the kit is one seller in one region. Its host is a name for the control API only, by habit
`<seller>.sellingpartnerapi-<region>.amazon.com`; programs ask Amazon's real hosts. The seller of a request is found
by its access token (API), by its refresh token or client id (sign-in), by the path's first part (presigned).

    PUT /_control/shops/a1.sellingpartnerapi-eu.amazon.com
    {"seller_id": "A1", "region": "EU", "lwa_client_id": "amzn1.application-oa2-client.x", "lwa_client_secret": "s",
     "refresh_token": "Atzr|x", "marketplaces": ["A13V1IB3VIYZZH"]}

Hosts: sellingpartnerapi-{na,eu,fe}.amazon.com (and their sandboxes), api.amazon.com, and the two of presigned.py.
More settings: account.py. Limits: limits.py. Bad feeds: feed_outcomes.py. What Amazon thinks of every SKU: truth.py.
Operations in logs, counts and fault rules are the published operationIds, and `token`, `uploadDocument`,
`downloadDocument`, `downloadSchema`, `unknown`.
"""

import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

import orjson
from aiohttp import web

from pixee_simulators.amazon_sp_api import (
    definitions,
    documents,
    feed_work,
    headers,
    limits,
    presigned,
    reports,
    routes,
    sign_in,
    snapshot,
)
from pixee_simulators.amazon_sp_api.access import Access
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.buckets import Buckets
from pixee_simulators.amazon_sp_api.control import TruthControl
from pixee_simulators.amazon_sp_api.errors import Refusal, too_many, unauthorized
from pixee_simulators.amazon_sp_api.published import read_published
from pixee_simulators.amazon_sp_api.regions import SIGN_IN_HOST, region_of
from pixee_simulators.amazon_sp_api.throttle import Throttle
from pixee_simulators.amazon_sp_api.visit import Visit
from pixee_simulators.kit import Call, FaultRule, Shop, Simulator, Violation, call_of
from pixee_simulators.kit.simulator import shop_host

_SIGN_IN_PATH = "/auth/o2/token"
_HURRIED = frozenset(
    {
        "createFeedDocument",
        "createFeed",
        "createReport",
        "getDefinitionsProductType",
        "searchDefinitionsProductTypes",
        "getMarketplaceParticipations",
    },
)
"""Operations that show nothing of a feed: they do not wait until one that is due is worked on."""
_RATE_TOLD = frozenset({200, 201, 202, 400, 404})


class AmazonSpApi(Simulator[Account]):
    """See module."""

    slug: ClassVar[str] = "amazon_sp_api"
    host_example: ClassVar[str] = "a1.sellingpartnerapi-eu.amazon.com"
    default_limits: ClassVar[dict[str, Any]] = limits.DEFAULTS

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._published = read_published(self.specs) if self.specs is not None else None
        self._buckets = Buckets()
        self._throttle = Throttle(self._buckets)
        self._routes = routes.table(self._published)
        self._access = Access(self.shops)

    def routes(self, app: web.Application) -> None:
        TruthControl(self, self._settle).routes(app)
        app.router.add_route("*", "/{tail:.*}", self._answer)

    # --- what the kit asks ----------------------------------------------------------------------------------------

    def new_shop(self, host: str, settings: dict[str, Any]) -> Account:
        self._buckets.forget(host)
        return Account.new(host, settings)

    def settings_changed(self, shop: Shop[Account]) -> None:
        shop.state.configure(shop.settings)

    def put_shop(self, host: str, settings: dict[str, Any]) -> Shop[Account]:
        """Refused before anything is changed."""
        known = self.shops.get(shop_host(host))
        Account.new(host, (known.settings if known is not None else {}) | settings)
        return super().put_shop(host, settings)

    def put_limits(self, host: str, given: dict[str, Any]) -> Shop[Account]:
        """Refused before anything is changed. Changed rates begin with full buckets."""
        limits.checked(limits.DEFAULTS | given)
        shop = super().put_limits(host, given)
        if limits.RATES & given.keys():
            self._buckets.forget(shop.host)
            self._buckets.forget(str(shop.settings["lwa_client_id"]))
        return shop

    def shop_of(self, request: web.Request, body: bytes) -> Shop[Account] | None:
        return self._access.seller(request, body)

    def unknown_shop(self, request: web.Request) -> web.Response:
        if shop_host(request.host) == SIGN_IN_HOST:
            refused = sign_in.refused_client()
            return _json(refused.body, refused.status)
        if _is_presigned(request):
            return presigned.missing()
        return _refused(unauthorized("The access token you provided is revoked, malformed or invalid."))

    def classify(self, shop: Shop[Account], request: web.Request, body: bytes) -> tuple[str, str]:
        """Operations are the operationIds of the published models, `token`, `uploadDocument`, `downloadDocument` and `downloadSchema`."""
        if shop_host(request.host) == SIGN_IN_HOST:
            return "read", "token"
        if _is_presigned(request):
            return _presigned_operation(request)
        found = routes.find(self._routes, request.method, _raw_path(request))
        if found is None:
            return "read" if request.method == "GET" else "write", "unknown"
        return "read" if found[0].reads else "write", found[0].operation

    def validate(self, shop: Shop[Account], request: web.Request, body: bytes) -> list[Violation]:
        if shop_host(request.host) == SIGN_IN_HOST or _is_presigned(request) or self._published is None:
            return []
        found = routes.find(self._routes, request.method, _raw_path(request))
        if found is None:
            return [Violation("unknown_route", request.path, f"no operation {request.method} {request.path}")]
        breaches = list(headers.breaches(request.headers, has_body=bool(body)))
        return breaches + list(self._published.operations[found[0].operation].breaches(_query(request), body))

    def sizes(self, shop: Shop[Account]) -> dict[str, int]:
        return {"products": len(shop.state.listings.by_key), "variants": len(shop.state.listings.by_key)}

    def freeze_state(self, state: Account) -> Any:
        return snapshot.frozen(state)

    def thaw_state(self, host: str, settings: dict[str, Any], kept: Any) -> Account:
        return snapshot.thawed(host, settings, kept)

    def expired_token(self, shop: Shop[Account], request: web.Request) -> web.Response:
        """The token used is gone for good."""
        shop.state.access_tokens.pop(request.headers.get("x-amz-access-token", ""), None)
        return _refused(unauthorized("The access token you provided has expired."))

    def throttled(self, shop: Shop[Account], request: web.Request, rule: FaultRule) -> web.Response:
        """Amazon never says when to come back."""
        return _refused(too_many())

    # --- one request ----------------------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.Response:
        call: Call[Account] = call_of(request)
        if shop_host(request.host) == SIGN_IN_HOST:
            return self._token(call, request)
        if _is_presigned(request):
            at_schemas = shop_host(request.host) == presigned.SCHEMAS_HOST
            handler = definitions.downloaded if at_schemas else documents.exchanged
            answer, breaches = handler(request, call, call.entry.simulator_time)
            self._record(call, breaches)
            return answer
        try:
            return await self._operation(call, request)
        except Refusal as refusal:
            return _refused(refusal, self._rate(call))

    async def _settle(self, shop: Shop[Account]) -> None:
        """Bring what is due by now to its end."""
        now = self.clock.now()
        await feed_work.settle(shop, now, self._record_in_feed)
        shop.state.listings.settle(now)
        await reports.settle(shop, now)

    def _token(self, call: Call[Account], request: web.Request) -> web.Response:
        if (request.method, request.path) != ("POST", _SIGN_IN_PATH):
            return _json({"error": "invalid_request", "error_description": "no such resource"}, 404)
        lifetime = float(call.shop.limits["access_token_s"])
        answer = sign_in.grant(
            call.shop.state, request.content_type, call.body, now=self.clock.now(), lifetime=lifetime
        )
        return _json(answer.body, answer.status)

    async def _operation(self, call: Call[Account], request: web.Request) -> web.Response:
        """Tokens and addresses are looked at when a request arrives, however long it then waits."""
        shop, now = call.shop, call.entry.simulator_time
        self._access.admit(shop, request, now)
        found = routes.find(self._routes, request.method, _raw_path(request))
        if found is None or found[0].operation in shop.settings.get("denied_operations", ()):
            raise unauthorized()
        route, path = found
        visit = Visit(call, shop.state, shop.limits, path, _query(request), now)
        self._throttle.pass_through(visit, route.operation)
        if route.operation not in _HURRIED:
            await self._settle(shop)
        visit.now = self.clock.now()
        answer = route.handler(visit)
        self._record(call, visit.breaches)
        return _json(answer.content, answer.status, self._rate(call) if answer.status in _RATE_TOLD else {})

    def _rate(self, call: Call[Account]) -> dict[str, str]:
        rate = self._throttle.told(call.entry.operation, call.shop.limits)
        return {} if rate is None else {"x-amzn-RateLimit-Limit": rate}

    def _record_in_feed(self, shop: Shop[Account], feed_id: str, violation: Violation) -> None:
        """A breach inside a feed is nobody's request: it is found when the feed is worked on."""
        shop.counts.violations += 1
        self.violations.record(
            violation, seq=0, host=shop.host, operation="feed", method="FEED", path=f"/feeds/{feed_id}"
        )

    def _record(self, call: Call[Account], found: Iterable[Violation]) -> None:
        for violation in found:
            call.entry.violations += 1
            self.violations.record(
                violation,
                seq=call.entry.seq,
                host=call.shop.host,
                operation=call.entry.operation,
                method=call.entry.method,
                path=call.entry.path,
            )


def create(**options: Any) -> AmazonSpApi:
    """Options as for `kit.Simulator`."""
    return AmazonSpApi(**options)


def _is_presigned(request: web.Request) -> bool:
    return region_of(shop_host(request.host)) is None


def _presigned_operation(request: web.Request) -> tuple[str, str]:
    if request.method == "PUT":
        return "write", "uploadDocument"
    return "read", "downloadSchema" if shop_host(request.host) == presigned.SCHEMAS_HOST else "downloadDocument"


def _raw_path(request: web.Request) -> str:
    return request.rel_url.raw_path


def _query(request: web.Request) -> dict[str, str]:
    return {name: ",".join(request.query.getall(name)) for name in request.query}


def _json(content: Any, status: int = 200, more: dict[str, str] | None = None) -> web.Response:
    told = {"x-amzn-RequestId": secrets.token_hex(16)} | (more or {})
    return web.Response(body=orjson.dumps(content), status=status, headers=told, content_type="application/json")


def _refused(refusal: Refusal, rate: dict[str, str] | None = None) -> web.Response:
    return _json(refusal.wire(), refusal.status, rate if refusal.status in _RATE_TOLD else None)
