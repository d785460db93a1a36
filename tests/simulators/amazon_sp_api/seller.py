"""A seller to test against: the simulator in this process, asked over HTTP as Amazon's hosts would be."""

import io
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import aiohttp
import orjson

from pixee_simulators.amazon_sp_api.simulator import AmazonSpApi
from pixee_simulators.kit.testing import running

FR, DE, US = "A13V1IB3VIYZZH", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
SHOP = "a1seller.sellingpartnerapi-eu.amazon.com"
EU = "sellingpartnerapi-eu.amazon.com"
AGENT = "PixeeTests/1.0 (Language=Python/3.11)"
SETTINGS: dict[str, Any] = {
    "seller_id": "A1SELLER",
    "region": "EU",
    "lwa_client_id": "amzn1.application-oa2-client.one",
    "lwa_client_secret": "amzn1.oa2-cs.secret",
    "refresh_token": "Atzr|first",
    "marketplaces": [FR, DE],
}


class Seller:
    """`async with Seller() as seller`: signed in, on a frozen clock."""

    def __init__(self, simulator: AmazonSpApi | None = None, **settings: Any) -> None:
        self.simulator = simulator or AmazonSpApi()
        self._settings = SETTINGS | settings
        self._running = running(self.simulator)
        self.token = ""
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self.url = await self._running.__aenter__()
        self._session = aiohttp.ClientSession(auto_decompress=False)
        self.simulator.clock.change(freeze=True)
        self.simulator.put_shop(SHOP, self._settings)
        await self.limits(rate_scale=1000)
        status, answer = await self.sign_in()
        assert status == 200, answer
        self.token = answer["access_token"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._running.__aexit__(kind, error, trace)

    async def sign_in(self, **form: str) -> tuple[int, Any]:
        """LWA, with what is right unless told otherwise."""
        sent = {
            "grant_type": "refresh_token",
            "refresh_token": self._settings["refresh_token"],
            "client_id": self._settings["lwa_client_id"],
            "client_secret": self._settings["lwa_client_secret"],
        }
        headers = {"Host": "api.amazon.com"}
        async with self._session.post(f"{self.url}/auth/o2/token", data=sent | form, headers=headers) as answer:
            return answer.status, await answer.json()

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        host: str = EU,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> tuple[int, Any]:
        """`headers` are added; None as a value takes one away."""
        told: dict[str, str | None] = {
            "Host": host,
            "x-amz-access-token": self.token,
            "x-amz-date": "20261123T091500Z",
            "User-Agent": AGENT,
            **(headers or {}),
        }
        sent = {name: text for name, text in told.items() if text is not None}
        url = aiohttp.client.URL(self.url + path, encoded=True).extend_query(
            {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in query.items()}
        )
        async with self._session.request(method, url, json=body, headers=sent) as answer:
            self.headers = dict(answer.headers)
            return answer.status, await answer.json()

    def item_path(self, sku: str = "") -> str:
        path = f"/listings/2021-08-01/items/{self._settings['seller_id']}"
        return f"{path}/{quote(sku, safe='')}" if sku else path

    async def item(self, method: str, sku: str, body: Any = None, *, marketplace: str = FR, **query: Any) -> Any:
        """A listings call that must be answered with 200."""
        status, answer = await self.ask(method, self.item_path(sku), body, marketplaceIds=marketplace, **query)
        assert status == 200, answer
        return answer

    async def put(self, sku: str, attributes: dict[str, Any], kind: str = "GROCERY", **query: Any) -> Any:
        more = {"requirements": query.pop("requirements")} if "requirements" in query else {}
        return await self.item("PUT", sku, {"productType": kind, "attributes": attributes} | more, **query)

    async def patch(self, sku: str, *patches: dict[str, Any], kind: str = "PRODUCT", **query: Any) -> Any:
        return await self.item("PATCH", sku, {"productType": kind, "patches": list(patches)}, **query)

    async def read(self, sku: str, *data: str, marketplace: str = FR) -> Any:
        return await self.item("GET", sku, marketplace=marketplace, includedData=list(data or ("summaries",)))

    async def search(self, **query: Any) -> Any:
        status, answer = await self.ask("GET", self.item_path(), **({"marketplaceIds": FR} | query))
        assert status == 200, answer
        return answer

    async def fetch(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """A presigned address, as a program follows it."""
        parts = urlsplit(url)
        target = aiohttp.client.URL(f"{self.url}{parts.path}?{parts.query}", encoded=True)
        sent = {"Host": parts.netloc} | (headers or {})
        async with self._session.request(
            method, target, data=None if body is None else io.BytesIO(body), headers=sent
        ) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        sent = None if body is None else io.BytesIO(orjson.dumps(body))
        async with self._session.request(method, f"{self.url}/_control/{path}", data=sent) as answer:
            plain = orjson.loads(await answer.read())
            assert answer.status < 300, plain
            return plain

    async def limits(self, **limits: Any) -> None:
        await self.control("PUT", f"limits/{SHOP}", limits)

    async def settings(self, **settings: Any) -> None:
        self._settings |= settings
        await self.control("PUT", f"shops/{SHOP}", settings)

    async def counts(self) -> Any:
        return await self.control("GET", f"counts?host={SHOP}")

    async def violations(self) -> list[Any]:
        return (await self.control("GET", "violations"))["violations"]

    async def truth(self) -> dict[str, Any]:
        """By SKU; a SKU in several marketplaces fails."""
        found = (await self.control("GET", f"amazon/listings?host={SHOP}&attributes=1"))["items"]
        by_sku = {one["sku"]: one for one in found}
        assert len(by_sku) == len(found)
        return by_sku

    def advance(self, seconds: float) -> None:
        self.simulator.clock.change(advance=seconds)
