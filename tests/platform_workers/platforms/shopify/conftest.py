"""A shop in this process, and the adapter's calls to it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from platform_workers.direct_context import DirectContext, direct_context
from platform_workers.platforms.shopify.catalog import HOST, SETTINGS, listed, mapped, operation_of

from pixee_simulators.kit.testing import running
from pixee_simulators.shopify.simulator import ShopifySimulator
from pixee_simulators.shopify.simulator import create as create_simulator
from pixee_workers.platforms.shopify import create
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Outcome

TOKEN = "shpat_0123456789abcdef"
SHOP = {"access_token": TOKEN, "client_id": "id", "client_secret": "s3cr3t-of-the-app", "currency": "EUR"}


@dataclass(slots=True)
class Shop:
    """The simulated shop seen from the test."""

    simulator: ShopifySimulator
    adapter: Adapter
    context: DirectContext
    url: str

    @property
    def store(self) -> Any:
        return self.simulator.shops[HOST].state.store

    @property
    def products(self) -> list[Any]:
        return list(self.store.products.values())

    def variant(self, sku: str) -> Any:
        return next(one for one in self.store.variants.values() if one.sku == sku)

    def set(self, **settings: Any) -> None:
        self.simulator.put_shop(HOST, settings)

    def limit(self, **limits: Any) -> None:
        self.simulator.put_limits(HOST, limits)

    def fault(self, **rule: Any) -> None:
        self.simulator.faults.add([rule])

    def advance(self, seconds: float) -> None:
        self.simulator.clock.change(advance=seconds)

    def writes(self) -> list[str]:
        return [entry.operation for entry in self.simulator.shops[HOST].log.since(0, kind="write")]

    def inputs(self, label: str) -> list[dict[str, Any]]:
        """Variables of the calls with this label."""
        return [orjson.loads(call.content or b"{}")["variables"] for call in self.context.calls if call.label == label]

    def configure(self, **settings: Any) -> None:
        self.context.settings = ConnectorSettings(**(SETTINGS.model_dump() | settings))

    async def push(self, *items: PushItem) -> list[Outcome]:
        """Submit; outcomes in the order of the items, one for each."""
        operation = operation_of(items[0])
        given = [mapped(one, self.context.settings) for one in items]
        submission = await self.adapter.submit(operation, given, self.context)
        by_id = {outcome.item_id: outcome for outcome in submission.outcomes}
        assert len(by_id) == len(submission.outcomes) == len(items)
        return [by_id[one.id] for one in items]

    async def pushed(self, one: ProductItem) -> ProductItem:
        """The item as it is known after a push that must succeed."""
        (outcome,) = await self.push(one)
        assert outcome.kind == "applied", outcome
        return listed(one, outcome.linked)


@pytest.fixture(scope="session")
async def simulator() -> AsyncIterator[tuple[ShopifySimulator, str]]:
    made = create_simulator()
    async with running(made) as url:
        yield made, url


@pytest.fixture
async def shop(simulator: tuple[ShopifySimulator, str]) -> AsyncIterator[Shop]:
    """A fresh shop; what it was asked must keep to the published schema."""
    made, url = simulator
    made.shops.clear()
    made.faults.clear()
    made.violations.clear()
    made.put_shop(HOST, dict(SHOP))
    adapter = create()
    async with direct_context(adapter, url, SETTINGS, {"access_token": TOKEN}) as context:
        yield Shop(made, adapter, context, url)
    assert made.violations.describe() == []


@pytest.fixture(autouse=True)
def _no_secret_in_messages(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert TOKEN not in caplog.text
    assert SHOP["client_secret"] not in caplog.text
