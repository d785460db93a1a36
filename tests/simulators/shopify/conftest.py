"""A shop over real HTTP in this process, and a client that knows nothing but the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from pixee_simulators.kit.testing import running
from pixee_simulators.shopify.simulator import ShopifySimulator, create

HOST = "demo.myshopify.com"
TOKEN = "shpat_static"
PUSH = """mutation Push($identifier: ProductSetIdentifiers, $input: ProductSetInput!, $synchronous: Boolean = true) {
  productSet(identifier: $identifier, input: $input, synchronous: $synchronous) {
    product { id handle title status updatedAt tags vendor
      options { name values }
      variants(first: 50) { nodes { id sku barcode price compareAtPrice inventoryQuantity
        selectedOptions { name value } inventoryItem { id tracked } } } }
    productSetOperation { id status }
    userErrors { code field message } } }"""
STOCK = """mutation Stock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange } }
    userErrors { code field message } } }"""


class Shop:
    """The shop as an adapter meets it, plus the control API."""

    def __init__(self, session: aiohttp.ClientSession, url: str, simulator: ShopifySimulator) -> None:
        self.session = session
        self.url = url
        self.simulator = simulator
        self.token = TOKEN

    async def raw(
        self, body: Any, *, host: str = HOST, version: str = "2026-10", **options: Any
    ) -> tuple[int, Any, Any]:
        headers = {"Host": host, "X-Shopify-Access-Token": self.token} | options.pop("headers", {})
        url = f"{self.url}/admin/api/{version}/graphql.json"
        async with self.session.post(url, json=body, headers=headers, **options) as answer:
            text = await answer.read()
            plain = await answer.json() if answer.content_type == "application/json" else text
            return answer.status, plain, answer.headers

    async def ask(self, document: str, /, **variables: Any) -> Any:
        status, answer, _ = await self.raw({"query": document, "variables": variables})
        assert status == 200, answer
        return answer

    async def data(self, document: str, /, **variables: Any) -> Any:
        answer = await self.ask(document, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def push(self, given: dict[str, Any], identifier: dict[str, Any] | None = None, **more: Any) -> Any:
        """The payload of a productSet."""
        return (await self.data(PUSH, input=given, identifier=identifier, **more))["productSet"]

    async def made(self, given: dict[str, Any], identifier: dict[str, Any] | None = None) -> Any:
        """The product of a productSet that must succeed."""
        payload = await self.push(given, identifier)
        assert payload["userErrors"] == []
        return payload["product"]

    async def stock(self, quantities: list[dict[str, Any]], key: str, **more: Any) -> Any:
        given = {"name": "available", "reason": "correction", "quantities": quantities} | more
        return await self.ask(STOCK, input=given, key=key)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(method, f"{self.url}/_control/{path}", json=body) as answer:
            plain = await answer.json()
            assert answer.status < 300, plain
            return plain

    async def settings(self, **settings: Any) -> None:
        await self.control("PUT", f"shops/{HOST}", settings)

    async def limits(self, **limits: Any) -> None:
        await self.control("PUT", f"limits/{HOST}", limits)

    async def counts(self) -> Any:
        return await self.control("GET", f"counts?host={HOST}")

    async def requests(self) -> list[Any]:
        return (await self.control("GET", f"requests?host={HOST}"))["requests"]

    async def violations(self) -> list[Any]:
        return (await self.control("GET", "violations"))["violations"]

    def advance(self, seconds: float) -> None:
        self.simulator.clock.change(advance=seconds)


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Shop]:
    simulator = create()
    async with running(simulator) as url, aiohttp.ClientSession() as session:
        yield Shop(session, url, simulator)


@pytest.fixture
async def shop(server: Shop) -> AsyncIterator[Shop]:
    """A new shop on a frozen clock for every test."""
    server.simulator.shops.clear()
    server.simulator.faults.clear()
    server.simulator.violations.clear()
    server.simulator.clock.change(freeze=True)
    server.token = TOKEN
    await server.settings(access_token=TOKEN, client_id="id", client_secret="secret", name="Demo")
    yield server
    server.simulator.clock.change(freeze=False)


def simple(number: int | str = 1, **more: Any) -> dict[str, Any]:
    """A product without options."""
    variant = {
        "optionValues": [{"optionName": "Title", "name": "Default Title"}],
        "sku": f"SKU-{number}",
        "price": "19.90",
        "inventoryItem": {"tracked": True},
    }
    return {
        "title": f"Mug {number}",
        "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": [variant],
    } | more


def colours(*names: str, **more: Any) -> dict[str, Any]:
    """A product with one variant per colour."""
    return {
        "title": "Shirt",
        "productOptions": [{"name": "Colour", "values": [{"name": name} for name in names]}],
        "variants": [
            {"optionValues": [{"optionName": "Colour", "name": name}], "sku": f"S-{name}", "price": "10.00"}
            for name in names
        ],
    } | more
