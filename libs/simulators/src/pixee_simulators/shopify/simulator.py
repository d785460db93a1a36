"""The Shopify simulator: GraphQL Admin API 2026-10 over HTTP.

Settings of a shop: `access_token` / `access_tokens`, `client_id` + `client_secret` (+ `refresh_token`), `scopes`, `name`, `currency`
(EUR), `taxes_included` (true), `locations`, `publications` (publications.py), `locales` (translations.py), `price_lists` (price_lists.py), `stock_new_items` (primary | all | none), `failing_media` (parts of URLs),
`planted_errors` (planted.py), `frozen`, `locked`, `access_denied_status` (200 | 403). Limits: see state.DEFAULT_LIMITS. Facts: sheet platforms/shopify.md.
"""

import re
from typing import Any, ClassVar

import orjson
from aiohttp import web
from graphql import ExecutionResult

from pixee_simulators.kit import Call, FaultRule, Shop, Simulator, Violation, call_of
from pixee_simulators.kit.simulator import shop_host
from pixee_simulators.shopify import access, bulk_files, bulk_work, gates, operations, snapshot, staged_uploads
from pixee_simulators.shopify.bucket import Bucket
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.executable import Prepared, executable, formatted
from pixee_simulators.shopify.published import VERSION, Judge, judge
from pixee_simulators.shopify.requests import Asked, asked
from pixee_simulators.shopify.state import DEFAULT_LIMITS, ShopState, place_locations
from pixee_simulators.shopify.store import Store

_VERSION = re.compile(r"20\d\d-(01|04|07|10)|unstable")
_SUPPORTED = frozenset({"2026-01", "2026-04", "2026-07", "2026-10", "2027-01", "unstable"})
_OLDEST = "2026-01"
_READS = "bulkOperationRunQuery"
"""A mutation by its form alone: nothing in the shop changes."""
_STORAGE = frozenset({bulk_files.HOST, staged_uploads.HOST})


class ShopifySimulator(Simulator[ShopState]):
    """See module."""

    slug: ClassVar[str] = "shopify"
    host_example: ClassVar[str] = "demo.myshopify.com"
    default_limits: ClassVar[dict[str, Any]] = DEFAULT_LIMITS

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._executable = executable()
        self._judge: Judge | None = None
        if self.specs is not None:
            self._judge = judge(self.specs / f"admin_{VERSION}.graphql")

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/admin/api/{version}/graphql.json", self._graphql)
        app.router.add_post("/admin/oauth/access_token", self._token)
        app.router.add_get(bulk_files.ROUTE, self._bulk_file)
        app.router.add_post("/", self._staged_upload)

    # --- what the kit asks ----------------------------------------------------------------------------------------

    def new_shop(self, host: str, settings: dict[str, Any]) -> ShopState:
        now = self.clock.now()
        store = Store()
        place_locations(store, settings, now)
        return ShopState(store, Bucket(float(DEFAULT_LIMITS["maximumAvailable"]), now))

    def settings_changed(self, shop: Shop[ShopState]) -> None:
        place_locations(shop.state.store, shop.settings, self.clock.now())

    def limits_changed(self, shop: Shop[ShopState]) -> None:
        """A changed bucket begins full."""
        shop.state.bucket = Bucket(float(shop.limits["maximumAvailable"]), self.clock.now())

    def shop_of(self, request: web.Request, body: bytes) -> Shop[ShopState] | None:
        """Files of all shops stand at hosts of Google's: the path of a result names the shop, and the `key` of an upload."""
        if shop_host(request.host) == staged_uploads.HOST:
            return self.shop_at(staged_uploads.shop_in(body))
        if shop_host(request.host) == bulk_files.HOST:
            return self.shop_at(request.match_info.get("shop", ""))
        return self.shop_at(request.host)

    def classify(self, shop: Shop[ShopState], request: web.Request, body: bytes) -> tuple[str, str]:
        if shop_host(request.host) in _STORAGE:
            return "read", "bulkFile" if request.method == "GET" else "stagedUpload"
        if not request.path.endswith("/graphql.json"):
            return "read", request.path.rsplit("/", 1)[-1]
        said = asked(request, body)
        prepared = self._executable.prepare(said.text, said.operation_name)
        writes = prepared.is_mutation and set(prepared.fields) != {_READS}
        return "write" if writes else "read", "+".join(prepared.fields) or "refused"

    def validate(self, shop: Shop[ShopState], request: web.Request, body: bytes) -> list[Violation]:
        if shop_host(request.host) in _STORAGE and "X-Shopify-Access-Token" in request.headers:
            return [Violation("leaked_token", "headers", "a token was sent to a signed address")]
        if self._judge is None or not request.path.endswith("/graphql.json"):
            return []
        said = asked(request, body)
        found = [Violation("body", name, f"{name} is no part of a request") for name in said.unknown]
        if request.match_info.get("version") not in _SUPPORTED:
            found.append(Violation("version", "path", "this version has expired or never was: another one is served"))
        if request.content_type != "application/json":
            found.append(Violation("content_type", "headers", f"{request.content_type} is not application/json"))
        if said.problem is not None:
            return [*found, Violation("body", "", said.problem)]
        return found + self._judge.check(said.text, said.variables, said.operation_name)

    def sizes(self, shop: Shop[ShopState]) -> dict[str, int]:
        return {"products": len(shop.state.store.products), "variants": len(shop.state.store.variants)}

    def freeze_state(self, state: ShopState) -> Any:
        return snapshot.frozen(state.store)

    def thaw_state(self, host: str, settings: dict[str, Any], kept: Any) -> ShopState:
        return ShopState(snapshot.thawed(kept), Bucket(0.0, 0.0))

    def unknown_shop(self, request: web.Request) -> web.Response:
        return _json({"errors": "Not Found"}, 404)

    def expired_token(self, shop: Shop[ShopState], request: web.Request) -> web.Response:
        """The token used is gone for good, if it was an issued one."""
        shop.state.store.tokens.pop(request.headers.get("X-Shopify-Access-Token", ""), None)
        return _json({"errors": access.INVALID_TOKEN}, 401)

    def throttled(self, shop: Shop[ShopState], request: web.Request, rule: FaultRule) -> web.Response:
        """With `retry_after` the transport's 429, else an empty bucket."""
        if rule.retry_after is not None:
            headers = {"Retry-After": f"{rule.retry_after:g}"}
            return _json({"errors": "Exceeded API rate limit. Please slow down."}, 429, headers)
        said = asked(request, call_of(request).body)
        plan = self._executable.prepare(said.text, said.operation_name).plan
        shop.state.bucket.refill(shop.limits, self.clock.now())
        shop.state.bucket.available = 0.0
        return self._empty(shop, plan.requested(said.variables) if plan is not None else 0)

    # --- handlers -------------------------------------------------------------------------------------------------

    async def _token(self, request: web.Request) -> web.Response:
        call: Call[ShopState] = call_of(request)
        shop = call.shop
        now = self.clock.now()
        answer = access.closed(shop.settings) or access.grant(
            shop.state.store, shop.settings, request.content_type, call.body, now
        )
        return _json(answer.body, answer.status)

    async def _bulk_file(self, request: web.Request) -> web.Response:
        call: Call[ShopState] = call_of(request)
        return bulk_files.read(request, call.shop.state.store, self.clock.now())

    async def _staged_upload(self, request: web.Request) -> web.Response:
        call: Call[ShopState] = call_of(request)
        return staged_uploads.receive(request.headers.get("Content-Type", ""), call.body, call.shop.state.store)

    async def _graphql(self, request: web.Request) -> web.Response:
        version = request.match_info["version"]
        if not _VERSION.fullmatch(version):
            return _json({"errors": "Not Found"}, 404)
        answer = await self._answered(request)
        answer.headers["X-Shopify-API-Version"] = version if version in _SUPPORTED else _OLDEST
        return answer

    async def _answered(self, request: web.Request) -> web.Response:
        call: Call[ShopState] = call_of(request)
        shop = call.shop
        if (closed := access.closed(shop.settings)) is not None:
            return _json(closed.body, closed.status)
        token = request.headers.get("X-Shopify-Access-Token")
        if not access.admits(shop.state.store, shop.settings, token, self.clock.now()):
            return _json({"errors": access.INVALID_TOKEN}, 401)
        said = asked(request, call.body)
        if said.problem is not None:
            return _json({"errors": said.problem}, 400)
        prepared = self._executable.prepare(said.text, said.operation_name)
        if prepared.plan is None:
            return _json({"errors": list(prepared.errors)})
        answer, denied = self._paid(call, prepared, said)
        if denied and shop.settings.get("access_denied_status", 200) == 403:
            return _json({"errors": "[API] This action requires merchant approval for a missing scope."}, 403)
        done = call.entry.created + call.entry.updated > 0
        if done and self._too_slow(shop, prepared, said):
            await self.clock.sleep(float(shop.limits["gateway_timeout_s"]))
            return web.Response(
                status=504, text="<html><body>504 Gateway Time-out</body></html>", content_type="text/html"
            )
        return answer

    def _paid(self, call: Call[ShopState], prepared: Prepared, said: Asked) -> tuple[web.Response, bool]:
        """Cost first, then the work, then the refund. Also whether a scope was missing."""
        shop, plan = call.shop, prepared.plan
        if plan is None:
            raise ValueError("this document was refused")
        requested = plan.requested(said.variables)
        if requested > shop.limits["max_query_cost"]:
            return self._too_costly(shop, requested), False
        if not shop.state.bucket.take(requested, shop.limits, self.clock.now()):
            call.note(requested=requested, throttled=True)
            return self._empty(shop, requested), False
        result = self._broken(call, prepared, said) if self._breaks(shop, prepared) else self._run(call, prepared, said)
        actual = min(requested, plan.actual(said.variables, result.data)) if prepared.plan is not None else 0
        shop.state.bucket.refund(requested - actual, shop.limits)
        call.note(requested=requested, actual=actual)
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [formatted(error) for error in result.errors]
        if result.data is not None or any(error.path for error in result.errors or ()):
            body["data"] = result.data
        denied = any((error.extensions or {}).get("code") == "ACCESS_DENIED" for error in result.errors or ())
        return self._costed(shop, body, requested, actual), denied

    def _run(self, call: Call[ShopState], prepared: Prepared, said: Asked, *, fails: bool = False) -> ExecutionResult:
        context = self._context(call)
        settled = operations.settle(context) + bulk_work.settle(context, self._executable)
        if settled:
            call.note(settled=settled)
        context.fails = fails
        result = self._executable.run(prepared, said.variables, context, said.operation_name)
        work = context.work
        call.touched(skus=work.skus, ids=work.ids)
        for what, commits in work.commits.items():
            call.committed(
                what=what, created=commits["created"], updated=commits["updated"], deleted=commits["deleted"]
            )
        return result

    def _context(self, call: Call[ShopState]) -> Context:
        shop = call.shop
        return Context(
            store=shop.state.store,
            settings=shop.settings,
            limits=shop.limits,
            now=self.clock.now(),
            host=shop.host,
            scopes=access.scopes(shop.settings),
            lists=shop.state.lists,
        )

    # --- bad days -------------------------------------------------------------------------------------------------

    def _breaks(self, shop: Shop[ShopState], prepared: Prepared) -> bool:
        wanted = shop.limits["null_payload_operation"]
        if not prepared.is_mutation or shop.limits["null_payloads"] <= 0 or wanted not in {"", *prepared.fields}:
            return False
        shop.limits["null_payloads"] -= 1
        return True

    def _broken(self, call: Call[ShopState], prepared: Prepared, said: Asked) -> ExecutionResult:
        """The mutation is done, or not, and the answer does not say which."""
        call.note(null_payload=True)
        if not call.shop.limits["null_payload_commits"]:
            return self._run(call, prepared, said, fails=True)
        self._run(call, prepared, said)
        errors = [gates.internal_error([key]) for key in prepared.keys]
        return ExecutionResult(data=dict.fromkeys(prepared.keys), errors=errors)

    def _too_slow(self, shop: Shop[ShopState], prepared: Prepared, said: Asked) -> bool:
        given = said.variables.get("input")
        if prepared.fields != ("productSet",) or not isinstance(given, dict):
            return False
        if said.variables.get("synchronous") is False or "synchronous: false" in said.text:
            return False
        return len(given.get("variants") or ()) > int(shop.limits["synchronous_variants"])

    def _empty(self, shop: Shop[ShopState], requested: int) -> web.Response:
        error = {
            "message": "Throttled",
            "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
        }
        return self._costed(shop, {"errors": [error]}, requested, None)

    def _too_costly(self, shop: Shop[ShopState], requested: int) -> web.Response:
        most = shop.limits["max_query_cost"]
        error = {
            "message": f"Query cost is {requested}, which exceeds the single query max cost limit ({most}).",
            "extensions": {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": most},
        }
        return self._costed(shop, {"errors": [error]}, requested, None)

    def _costed(self, shop: Shop[ShopState], body: dict[str, Any], requested: int, actual: int | None) -> web.Response:
        shop.state.bucket.refill(shop.limits, self.clock.now())
        cost = {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": shop.state.bucket.status(shop.limits),
        }
        return _json(body | {"extensions": {"cost": cost}})


def create(**options: Any) -> ShopifySimulator:
    """Options: those of `Simulator.__init__`."""
    return ShopifySimulator(**options)


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json", headers=headers)
