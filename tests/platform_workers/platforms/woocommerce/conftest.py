"""A shop in this process, and the adapter's calls to it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from platform_workers.direct_context import DirectContext, direct_context
from platform_workers.platforms.woocommerce.catalog import SETTINGS, mapped, operation_of

from pixee_simulators.kit.testing import running
from pixee_simulators.woocommerce.simulator import WooCommerce
from pixee_simulators.woocommerce.simulator import create as create_simulator
from pixee_workers.platforms.woocommerce import create
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import PushItem
from pixee_workers.sync_base.outcomes import Outcome

HOST = "shop.example"
CREDENTIALS = {"consumer_key": "ck_" + "a" * 40, "consumer_secret": "cs_" + "b" * 40}


@dataclass(slots=True)
class Shop:
    """The simulated shop seen from the test."""

    simulator: WooCommerce
    adapter: Adapter
    context: DirectContext

    @property
    def store(self) -> Any:
        return self.simulator.shops[HOST].state

    @property
    def products(self) -> list[dict[str, Any]]:
        """Products and variations as stored, in order of creation."""
        return list(self.store.products.values())

    def by_sku(self, sku: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.products if one["sku"] == sku)
        return found

    def set(self, **settings: Any) -> None:
        self.simulator.put_shop(HOST, settings)

    def fault(self, **rule: Any) -> None:
        self.simulator.faults.add([rule])

    def writes(self) -> list[str]:
        """What was written, as `POST /products/batch` and the like."""
        return [entry.operation for entry in self.simulator.shops[HOST].log.since(0, kind="write")]

    async def push(self, *items: PushItem) -> list[Outcome]:
        """Submit; outcomes in the order of the items, one for each."""
        submission = await self.adapter.submit(
            operation_of(items[0]), [mapped(one, self.context.settings) for one in items], self.context
        )
        by_id = {outcome.item_id: outcome for outcome in submission.outcomes}
        assert len(by_id) == len(submission.outcomes) == len(items)
        return [by_id[one.id] for one in items]

    def configure(self, **settings: Any) -> None:
        self.context.settings = ConnectorSettings(**(SETTINGS.model_dump() | settings))


@pytest.fixture(scope="session")
async def simulator() -> AsyncIterator[tuple[WooCommerce, str]]:
    made = create_simulator()
    async with running(made) as url:
        yield made, url


@pytest.fixture
async def shop(simulator: tuple[WooCommerce, str]) -> AsyncIterator[Shop]:
    """A fresh shop; what it was asked must keep to the published schema."""
    made, url = simulator
    made.shops.clear()
    made.faults.clear()
    made.violations.clear()
    made.put_shop(HOST, {**CREDENTIALS, "base_path": "/store", "currency": "EUR"})
    adapter = create()
    async with direct_context(adapter, url, SETTINGS, CREDENTIALS) as context:
        yield Shop(made, adapter, context)
    assert made.violations.describe() == []


@pytest.fixture(autouse=True)
def _no_secret_in_messages(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert CREDENTIALS["consumer_secret"] not in caplog.text
