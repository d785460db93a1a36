"""Larkshop, invented, and its sheet.

1. JSON over HTTPS at `https://<shop>.larkshop.example/v1`, `Authorization: Bearer <key>`. A key has no scopes and does not run out.
   Refusals: `{"code", "message", "field"?}` with 401, 404, 409 or 422; anything else is a broken shop.
2. One token bucket a shop for all programs: 20 calls a second, 40 at once; beyond it 429 with `Retry-After` in seconds.
3. `PUT /items/{key}` writes an item under the caller's key: what is named is replaced, `variants` wholly. Price and quantity count for
   variants that are new. `id` names the item meant: 404 `unknown_item` where there is none; an item without a key takes the key.
   A SKU of another item: 409 `sku_taken`. A title is 1 to 120 characters, else 422. `DELETE /items/{key}`: 204, or 404.
   `POST /lookup {keys, skus}`: items that have one of them.
4. `PATCH /stock` and `PATCH /prices`: `{"rows": [{"variant", "quantity"|"price"}]}`, at most 50, a verdict for each row.
5. `GET /items?limit=&page=&updated_since=`: by age of the item; `next_page` goes on behind the last one shown. `GET /shop`.
   The staff makes items without a key (`POST /staff/items`) and removes any (`DELETE /staff/items/{id}`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from pixee_simulators.kit import Call, Shop, Simulator, call_of

State = dict[str, Any]
_RATE, _BURST, _ROWS = 20.0, 40.0, 50
_EMPTY: dict[str, Any] = {
    "key": None,
    "description": None,
    "brand": None,
    "status": "live",
    "attributes": {},
    "variants": [],
}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = web.json_response({"code": code, "message": message, **more}, status=status)


class LarkshopSimulator(Simulator[State]):
    """See the module."""

    slug = "larkshop"
    host_example = "acme.larkshop.example"

    def new_shop(self, host: str, settings: dict[str, Any]) -> State:
        return {"items": {}, "numbers": 0, "tokens": _BURST, "filled": self.clock.now()}

    def routes(self, app: web.Application) -> None:
        for method, path, handler in (
            ("GET", "/v1/shop", self._shop),
            ("GET", "/v1/items", self._list),
            ("POST", "/v1/lookup", self._lookup),
            ("PUT", "/v1/items/{key}", self._put),
            ("DELETE", "/v1/items/{key}", self._delete),
            ("PATCH", "/v1/{field:stock|prices}", self._rows),
            ("POST", "/v1/staff/items", self._made_by_hand),
            ("DELETE", "/v1/staff/items/{id}", self._removed_by_hand),
        ):
            app.router.add_route(method, path, self._guarded(handler))

    def classify(self, shop: Shop[State], request: web.Request, body: bytes) -> tuple[str, str]:
        operation = request.path.split("/")[2]
        return ("read" if request.method == "GET" or operation == "lookup" else "write"), operation

    def sizes(self, shop: Shop[State]) -> dict[str, int]:
        items = shop.state["items"].values()
        return {"products": len(items), "variants": sum(len(one["variants"]) for one in items)}

    def expired_token(self, shop: Shop[State], request: web.Request) -> web.Response:
        return web.json_response({"code": "bad_key", "message": "the key is not known"}, status=401)

    def _guarded(self, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            call = call_of(request)
            if request.headers.get("Authorization") != f"Bearer {call.shop.settings['api_key']}":
                return self.expired_token(call.shop, request)
            if call.entry.worker and (wait := self._short_of_a_token(call.shop.state)) > 0:
                refusal = {"code": "slow_down", "message": "too many calls"}
                return web.json_response(refusal, status=429, headers={"Retry-After": f"{wait:.2f}"})
            try:
                told = handler(call, request, orjson.loads(call.body or b"{}"))
            except Refused as refused:
                return refused.answer
            return web.Response(status=204) if told is None else web.json_response(told)

        return answer

    def _short_of_a_token(self, state: State) -> float:
        now = self.clock.now()
        state["tokens"] = min(_BURST, state["tokens"] + (now - state["filled"]) * _RATE)
        state["filled"] = now
        if state["tokens"] < 1:
            return float((1 - state["tokens"]) / _RATE)
        state["tokens"] -= 1
        return 0.0

    # --- what is asked --------------------------------------------------------------------------------------------

    def _shop(self, call: Call[State], request: web.Request, body: Any) -> Any:
        return {"id": call.shop.host, "name": "Acme", "currency": call.shop.settings.get("currency", "EUR")}

    def _list(self, call: Call[State], request: web.Request, body: Any) -> Any:
        query, now = request.query, self._now()
        since = datetime.fromisoformat(query["updated_since"]) if "updated_since" in query else None
        behind = int(query.get("page", "0"))
        hits = [
            one
            for one in sorted(call.shop.state["items"].values(), key=lambda one: int(one["id"]))
            if int(one["id"]) > behind and (since is None or datetime.fromisoformat(one["updated_at"]) >= since)
        ]
        page = hits[: int(query["limit"])]
        return {"items": page, "next_page": page[-1]["id"] if len(hits) > len(page) else None, "now": now}

    def _lookup(self, call: Call[State], request: web.Request, body: Any) -> Any:
        keys, skus = set(body["keys"]), set(body["skus"])
        items = call.shop.state["items"].values()
        return {"items": [one for one in items if one["key"] in keys or skus & {v["sku"] for v in one["variants"]}]}

    # --- what is written ------------------------------------------------------------------------------------------

    def _put(self, call: Call[State], request: web.Request, body: Any) -> Any:
        items, key = call.shop.state["items"], request.match_info["key"]
        item = next((one for one in items.values() if one["key"] == key), None)
        meant = body.pop("id", None)
        if meant is not None:
            item = item or items.get(meant)
            if item is None or item["id"] != meant or item["key"] not in {None, key}:
                raise Refused(404, "unknown_item", f"there is no item {meant} for the key {key}")
        return self._written(call, item, {**body, "key": key})

    def _written(self, call: Call[State], item: dict[str, Any] | None, body: dict[str, Any]) -> Any:
        if not 1 <= len(body.get("title") or "") <= 120:
            raise Refused(422, "invalid", "a title has 1 to 120 characters", field="title")
        taken = {row["sku"]: one["id"] for one, row in _variants(call.shop.state) if one is not item}
        for row in body["variants"]:
            if row["sku"] in taken:
                raise Refused(409, "sku_taken", f"item {taken[row['sku']]} has the SKU {row['sku']}")
        created = item is None
        item = {**_EMPTY, "id": self._number(call)} if item is None else item
        call.shop.state["items"][item["id"]] = item
        item.update(body, variants=[self._variant(call, item, row) for row in body["variants"]], updated_at=self._now())
        call.touched(skus=[row["sku"] for row in item["variants"]], ids=[item["id"]])
        call.committed(created=int(created), updated=int(not created), what="product")
        return {**item, "created": created}

    def _variant(self, call: Call[State], item: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
        old: dict[str, Any] | None = next(
            (o for o in item["variants"] if row.get("id") == o["id"] or row["sku"] == o["sku"]), None
        )
        if old is not None:
            kept: dict[str, Any] = {name: old[name] for name in ("id", "price", "quantity")}
            return old | row | kept
        new = {"ean": None, "options": {}, "price": None, "quantity": None} | row
        return new | {"id": self._number(call)}

    def _delete(self, call: Call[State], request: web.Request, body: Any) -> None:
        key = request.match_info["key"]
        found = [one["id"] for one in call.shop.state["items"].values() if one["key"] == key]
        if not found:
            raise Refused(404, "unknown_item", f"there is no item under the key {key}")
        del call.shop.state["items"][found[0]]
        call.committed(deleted=1, what="product")

    def _rows(self, call: Call[State], request: web.Request, body: Any) -> Any:
        field = "quantity" if request.match_info["field"] == "stock" else "price"
        if len(body["rows"]) > _ROWS:
            raise Refused(422, "too_many", f"at most {_ROWS} rows")
        there = {row["id"]: (one, row) for one, row in _variants(call.shop.state)}
        results = []
        for row in body["rows"]:
            if row["variant"] not in there:
                told = {"ok": False, "code": "unknown_variant", "message": f"there is no variant {row['variant']}"}
                results.append({"variant": row["variant"], **told})
                continue
            item, variant = there[row["variant"]]
            variant[field], item["updated_at"] = row[field], self._now()
            call.touched(skus=[variant["sku"]], ids=[variant["id"]])
            results.append({"variant": row["variant"], "ok": True})
        call.committed(updated=sum(one["ok"] for one in results), what="variant")
        return {"results": results}

    # --- what its staff does --------------------------------------------------------------------------------------

    def _made_by_hand(self, call: Call[State], request: web.Request, body: Any) -> Any:
        return self._written(call, None, body)

    def _removed_by_hand(self, call: Call[State], request: web.Request, body: Any) -> None:
        del call.shop.state["items"][request.match_info["id"]]
        call.committed(deleted=1, what="product")

    def _number(self, call: Call[State]) -> str:
        call.shop.state["numbers"] += 1
        return str(call.shop.state["numbers"])

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), UTC).isoformat()


def _variants(state: State) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for item in state["items"].values():
        for row in item["variants"]:
            yield item, row


def create(**options: Any) -> LarkshopSimulator:
    """One simulator for the process."""
    return LarkshopSimulator(**options)
