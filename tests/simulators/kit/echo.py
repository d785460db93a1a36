"""The smallest platform there can be: what the kit's own tests run."""

from typing import Any, ClassVar

from aiohttp import web

from pixee_simulators.kit import Shop, Simulator, Violation, call_of

HOST = "echo.test"


class Echo(Simulator[dict[str, Any]]):
    slug = "echo"
    host_example = HOST
    default_limits: ClassVar[dict[str, Any]] = {"batch": 100}

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{tail:.*}", self._answer)

    def new_shop(self, host: str, settings: dict[str, Any]) -> dict[str, Any]:
        return {"items": []}

    def classify(self, shop: Shop[dict[str, Any]], request: web.Request, body: bytes) -> tuple[str, str]:
        return ("read" if request.method == "GET" else "write"), request.path.strip("/") or "root"

    def validate(self, shop: Shop[dict[str, Any]], request: web.Request, body: bytes) -> list[Violation]:
        return [Violation("planted", "/query/bad", "bad is not allowed")] if "bad" in request.query else []

    def sizes(self, shop: Shop[dict[str, Any]]) -> dict[str, int]:
        return {"products": len(shop.state["items"]), "variants": 0}

    async def _answer(self, request: web.Request) -> web.Response:
        call = call_of(request)
        if request.path == "/crash":
            raise RuntimeError("planted crash")
        if request.method == "POST":
            call.shop.state["items"].append(call.body.decode())
            call.touched(skus=[call.body.decode()])
            call.committed(created=1)
        return web.json_response({"items": call.shop.state["items"], "padding": "x" * 400})
