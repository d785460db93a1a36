"""Mossbay, invented, and its sheet. Of another nature than Larkshop: verdicts by the number of a row, cents, one look-up by key, one by SKU.

1. JSON over HTTPS at `https://<shop>.mossbay.example/v2`, `X-Mossbay-Key: <key>`. A key has no scopes and does not run out. Every refusal
   is `{"errors": [{"row", "code", "text"}]}` with 401, 404, 409, 422 or 429; `row` counts from 0, null: the whole. Members that are not
   named here are refused (`unknown_member`).
2. One token bucket a shop for all programs: 25 calls a second, 50 at once; beyond it 429 with `Retry-After` in seconds.
3. `PUT /items/{key}` writes an item under the caller's key, 201 where it made it, 200 where it replaced it: what is named is replaced, `variants`
   wholly, at most 250. `stock` and `cents` count for variants that are new. `id` names the item meant: 404 `no_such_item` where there is none;
   an item without a key takes the key. A SKU of another item: 409 `sku_taken`. A title is 1 to 150 characters, else 422.
   `GET /items/{key}`: the item or 404. `DELETE /items/{key}`: 204 or 404. `POST /matches {skus}`: items that have one of them.
4. `PATCH /levels`: `{"rows": [{"variant", "stock" and/or "cents"}]}`, at most 50, both integers from 0; 207 with `done`, the rows that are
   written, and `errors`, those that are not. `cents` are hundredths of the shop's currency, which `GET /account` tells.
5. `GET /items?cursor=&changed_since=`: 25 a page, by age of the item; `cursor` (opaque) goes on behind the last one shown, null ends it.
   `changed_since` is in whole seconds since 1970, as `changed_at` is. The answer does not tell the time; the shop's clock is right.
   The staff makes items without a key (`POST /staff/items`) and removes any (`DELETE /staff/items/{id}`).
"""

import base64
from collections.abc import Iterator
from typing import Any

import orjson
from aiohttp import web

from pixee_simulators.kit import Call, FaultRule, Shop, Simulator, call_of

State = dict[str, Any]
_RATE, _BURST, _ROWS, _VARIANTS, _PAGE = 25.0, 50.0, 50, 250, 25
_EMPTY: dict[str, Any] = {"key": None, "text": None, "maker": None, "visible": True, "facts": {}, "variants": []}
_ITEM = {"id", "title", "text", "maker", "visible", "facts", "variants"}
_VARIANT = {"id", "sku", "gtin", "choices", "facts", "stock", "cents"}
_LEVELS = {"stock", "cents"}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, text: str, row: int | None = None) -> None:
        super().__init__(text)
        self.answer = web.json_response(_errors(code, text, row), status=status)


class MossbaySimulator(Simulator[State]):
    """See the module."""

    slug = "mossbay"
    host_example = "acme.mossbay.example"

    def new_shop(self, host: str, settings: dict[str, Any]) -> State:
        return {"items": {}, "numbers": 0, "tokens": _BURST, "filled": self.clock.now()}

    def routes(self, app: web.Application) -> None:
        for method, path, handler in (
            ("GET", "/v2/account", self._account),
            ("GET", "/v2/items", self._list),
            ("GET", "/v2/items/{key}", self._get),
            ("POST", "/v2/matches", self._matches),
            ("PUT", "/v2/items/{key}", self._put),
            ("DELETE", "/v2/items/{key}", self._delete),
            ("PATCH", "/v2/levels", self._levels),
            ("POST", "/v2/staff/items", self._made_by_hand),
            ("DELETE", "/v2/staff/items/{id}", self._removed_by_hand),
        ):
            app.router.add_route(method, path, self._guarded(handler))

    def classify(self, shop: Shop[State], request: web.Request, body: bytes) -> tuple[str, str]:
        operation = request.path.split("/")[2]
        return ("read" if request.method == "GET" or operation == "matches" else "write"), operation

    def sizes(self, shop: Shop[State]) -> dict[str, int]:
        items = shop.state["items"].values()
        return {"products": len(items), "variants": sum(len(one["variants"]) for one in items)}

    def expired_token(self, shop: Shop[State], request: web.Request) -> web.Response:
        return web.json_response(_errors("bad_key", "the key is not known"), status=401)

    def throttled(self, shop: Shop[State], request: web.Request, rule: FaultRule) -> web.Response:
        return _slow_down(rule.retry_after)

    def _guarded(self, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            call = call_of(request)
            if request.headers.get("X-Mossbay-Key") != call.shop.settings["api_key"]:
                return self.expired_token(call.shop, request)
            if call.entry.worker and (wait := self._short_of_a_token(call.shop.state)) > 0:
                return _slow_down(wait)
            try:
                status, told = handler(call, request, orjson.loads(call.body or b"{}"))
            except Refused as refused:
                return refused.answer
            return web.Response(status=status) if told is None else web.json_response(told, status=status)

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

    def _account(self, call: Call[State], request: web.Request, body: Any) -> Any:
        return 200, {"shop": call.shop.host, "name": "Acme", "currency": call.shop.settings.get("currency", "EUR")}

    def _get(self, call: Call[State], request: web.Request, body: Any) -> Any:
        return 200, self._known(call, request)

    def _list(self, call: Call[State], request: web.Request, body: Any) -> Any:
        query = request.query
        behind = int(base64.urlsafe_b64decode(query["cursor"])) if "cursor" in query else 0
        hits = [
            one
            for one in sorted(call.shop.state["items"].values(), key=lambda one: int(one["id"]))
            if int(one["id"]) > behind and one["changed_at"] >= int(query.get("changed_since", "0"))
        ]
        page = hits[:_PAGE]
        cursor = base64.urlsafe_b64encode(page[-1]["id"].encode()).decode() if len(hits) > len(page) else None
        return 200, {"items": page, "cursor": cursor}

    def _matches(self, call: Call[State], request: web.Request, body: Any) -> Any:
        skus, items = set(body["skus"]), call.shop.state["items"].values()
        return 200, {"items": [one for one in items if skus & {row["sku"] for row in one["variants"]}]}

    # --- what is written ------------------------------------------------------------------------------------------

    def _put(self, call: Call[State], request: web.Request, body: Any) -> Any:
        items, key = call.shop.state["items"], request.match_info["key"]
        item = next((one for one in items.values() if one["key"] == key), None)
        meant = body.get("id")
        if meant is not None:
            item = item or items.get(meant)
            if item is None or item["id"] != meant or item["key"] not in {None, key}:
                raise Refused(404, "no_such_item", f"there is no item {meant} for the key {key}")
        return self._written(call, item, body, key)

    def _written(self, call: Call[State], item: dict[str, Any] | None, body: dict[str, Any], key: str | None) -> Any:
        self._judge(call, item, body)
        created = item is None
        item = {**_EMPTY, "id": self._number(call)} if item is None else item
        call.shop.state["items"][item["id"]] = item
        rows = [self._variant(call, item, row) for row in body["variants"]]
        item.update({**body, "id": item["id"], "key": key}, variants=rows, changed_at=int(self.clock.now()))
        call.touched(skus=[row["sku"] for row in rows], ids=[item["id"]])
        call.committed(created=int(created), updated=int(not created), what="product")
        return (201 if created else 200), item

    def _judge(self, call: Call[State], item: dict[str, Any] | None, body: dict[str, Any]) -> None:
        _only(body, _ITEM, None)
        if not 1 <= len(body.get("title") or "") <= 150:
            raise Refused(422, "title_length", "a title has 1 to 150 characters")
        if not 1 <= len(body["variants"]) <= _VARIANTS:
            raise Refused(422, "variants", f"an item has 1 to {_VARIANTS} variants")
        taken = {row["sku"]: one["id"] for one, row in _variants(call.shop.state) if one is not item}
        for number, row in enumerate(body["variants"]):
            _only(row, _VARIANT, number)
            if not row["sku"]:
                raise Refused(422, "sku", "a SKU is not empty", number)
            if row["sku"] in taken:
                raise Refused(409, "sku_taken", f"item {taken[row['sku']]} has the SKU {row['sku']}", number)
            if code := _wrong_level(row):
                raise Refused(422, code, f"{code} is an integer from 0", number)

    def _variant(self, call: Call[State], item: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
        old: dict[str, Any] | None = next(
            (o for o in item["variants"] if row.get("id") == o["id"] or row["sku"] == o["sku"]), None
        )
        if old is not None:
            kept: dict[str, Any] = {name: old[name] for name in ("id", "cents", "stock")}
            return old | row | kept
        new = {"gtin": None, "choices": {}, "facts": {}, "cents": None, "stock": None} | row
        return new | {"id": self._number(call)}

    def _delete(self, call: Call[State], request: web.Request, body: Any) -> Any:
        del call.shop.state["items"][self._known(call, request)["id"]]
        call.committed(deleted=1, what="product")
        return 204, None

    def _levels(self, call: Call[State], request: web.Request, body: Any) -> Any:
        if len(body["rows"]) > _ROWS:
            raise Refused(422, "too_many_rows", f"at most {_ROWS} rows")
        there = {row["id"]: (one, row) for one, row in _variants(call.shop.state)}
        done: list[int] = []
        errors: list[dict[str, Any]] = []
        for number, row in enumerate(body["rows"]):
            _only(row, {"variant", *_LEVELS}, number)
            if row["variant"] not in there:
                errors += _errors("no_such_variant", f"there is no variant {row['variant']}", number)["errors"]
            elif code := _wrong_level(row):
                errors += _errors(code, f"{code} is an integer from 0", number)["errors"]
            else:
                item, variant = there[row["variant"]]
                variant |= {name: row[name] for name in _LEVELS & set(row)}
                item["changed_at"] = int(self.clock.now())
                call.touched(skus=[variant["sku"]], ids=[variant["id"]])
                done.append(number)
        call.committed(updated=len(done), what="variant")
        return 207, {"done": done, "errors": errors}

    # --- what its staff does --------------------------------------------------------------------------------------

    def _made_by_hand(self, call: Call[State], request: web.Request, body: Any) -> Any:
        return self._written(call, None, body, None)

    def _removed_by_hand(self, call: Call[State], request: web.Request, body: Any) -> Any:
        del call.shop.state["items"][request.match_info["id"]]
        call.committed(deleted=1, what="product")
        return 204, None

    def _known(self, call: Call[State], request: web.Request) -> dict[str, Any]:
        key = request.match_info["key"]
        for one in call.shop.state["items"].values():
            if one["key"] == key:
                found: dict[str, Any] = one
                return found
        raise Refused(404, "no_such_item", f"there is no item under the key {key}")

    def _number(self, call: Call[State]) -> str:
        call.shop.state["numbers"] += 1
        return str(call.shop.state["numbers"])


def _errors(code: str, text: str, row: int | None = None) -> dict[str, Any]:
    return {"errors": [{"row": row, "code": code, "text": text}]}


def _slow_down(wait: float | None) -> web.Response:
    headers = {} if wait is None else {"Retry-After": f"{wait:.2f}"}
    return web.json_response(_errors("slow_down", "too many calls"), status=429, headers=headers)


def _only(told: dict[str, Any], members: set[str], row: int | None) -> None:
    if strange := sorted(set(told) - members):
        raise Refused(422, "unknown_member", f"nobody knows {', '.join(strange)}", row)


def _wrong_level(row: dict[str, Any]) -> str | None:
    """Which of the levels is no integer from 0; null in a new variant's row says that there is none yet."""
    given = ((name, row[name]) for name in sorted(_LEVELS & set(row)) if row[name] is not None)
    return next((name for name, value in given if type(value) is not int or value < 0), None)


def _variants(state: State) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for item in state["items"].values():
        for row in item["variants"]:
            yield item, row


def create(**options: Any) -> MossbaySimulator:
    """One simulator for the process."""
    return MossbaySimulator(**options)
