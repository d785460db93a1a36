"""A shop to test against: the simulator in this process, asked over HTTP as a TLS-terminating hop would ask it."""

from types import TracebackType
from typing import Any, Self

import aiohttp

from pixee_simulators.kit.testing import running
from pixee_simulators.woocommerce.simulator import WooCommerce

HOST = "shop.example"
KEY, SECRET = "ck_" + "1" * 40, "cs_" + "2" * 40
BASIC = aiohttp.encode_basic_auth(KEY, SECRET)


class Shop:
    """`async with Shop() as shop`. Paths are below /wp-json/wc/v3 unless they name more."""

    def __init__(self, simulator: WooCommerce | None = None, **settings: Any) -> None:
        self.simulator = simulator or WooCommerce()
        self._settings = {"consumer_key": KEY, "consumer_secret": SECRET} | settings
        self._running = running(self.simulator)
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self.url = await self._running.__aenter__()
        self._session = aiohttp.ClientSession()
        self.simulator.put_shop(HOST, self._settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._running.__aexit__(kind, error, trace)

    async def ask(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any
    ) -> tuple[int, Any]:
        sent = {"Host": HOST, "X-Forwarded-Proto": "https", "Authorization": BASIC} if headers is None else headers
        url = self.url + (
            path if path.startswith(("/wp-json", "/shop", "/?", "/_control")) else f"/wp-json/wc/v3{path}"
        )
        params = {name: str(value) for name, value in query.items()}
        async with self._session.request(method, url, json=body, headers=sent, params=params) as answer:
            self.headers = dict(answer.headers)
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, await answer.text()

    async def get(self, path: str, **query: Any) -> Any:
        status, answer = await self.ask("GET", path, **query)
        assert status == 200, answer
        return answer

    async def create(self, **product: Any) -> Any:
        """One product through a batch, as it came out; an error of the item fails the test."""
        [made] = (await self.batch(create=[product]))["create"]
        assert "error" not in made, made
        return made

    async def batch(self, path: str = "/products/batch", **lists: Any) -> Any:
        status, answer = await self.ask("POST", path, lists)
        assert status == 200, answer
        return answer

    async def update(self, number: int, **change: Any) -> Any:
        [made] = (await self.batch(update=[{"id": number, **change}]))["update"]
        return made

    async def counts(self) -> Any:
        return (await self.ask("GET", f"/_control/counts?host={HOST}"))[1]

    async def violations(self) -> list[Any]:
        found: list[Any] = (await self.ask("GET", "/_control/violations"))[1]["violations"]
        return found
