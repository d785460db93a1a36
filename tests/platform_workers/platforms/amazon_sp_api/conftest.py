"""A seller in this process, and the adapter's calls to it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import orjson
import pytest
from platform_workers.platforms.amazon_sp_api.catalog import FR, SETTINGS, listed, mapped, operation_of
from platform_workers.platforms.amazon_sp_api.file_context import DirectFileContext, file_context

from pixee_common.domain.job import OutcomeKind
from pixee_simulators.amazon_sp_api import truth
from pixee_simulators.amazon_sp_api.simulator import AmazonSpApi
from pixee_simulators.amazon_sp_api.simulator import create as create_simulator
from pixee_simulators.kit.testing import running
from pixee_workers.platforms.amazon_sp_api.adapter import AmazonSpApi as Amazon
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Outcome, RemoteJob, Submission
from pixee_workers.sync_base.upload_contract import Collected, UploadFile

HOST = "a1seller.sellingpartnerapi-eu.amazon.com"
CREDENTIALS = {
    "lwa_client_id": "amzn1.application-oa2-client.one",
    "lwa_client_secret": "amzn1.oa2-cs.v1.secret",
    "refresh_token": "Atzr|first-and-only",
}
ACCOUNT = {"seller_id": "A1SELLER", "region": "EU", "marketplaces": [FR], **CREDENTIALS}


@dataclass(slots=True)
class Shop:
    """The simulated seller seen from the test."""

    simulator: AmazonSpApi
    adapter: Amazon
    context: DirectFileContext
    folder: Path

    def truth(self) -> dict[str, Any]:
        """What Amazon itself has, by SKU, attributes included."""
        found = truth.items(self.simulator.shops[HOST].state, self.simulator.clock.now(), attributes=True)
        return {one["sku"]: orjson.loads(orjson.dumps(one)) for one in found}

    def plant(self, sku: str, attributes: dict[str, Any], kind: str = "GROCERY") -> None:
        """A listing that was there before."""
        planted = [{"sku": sku, "marketplace": FR, "productType": kind, "attributes": attributes}]
        shop = self.simulator.shops[HOST]
        truth.plant(shop.state, planted, shop.limits, self.simulator.clock.now())

    def limits(self, **limits: Any) -> None:
        self.simulator.put_limits(HOST, limits)

    def set(self, **settings: Any) -> None:
        self.simulator.put_shop(HOST, settings)

    def fault(self, **rule: Any) -> None:
        self.simulator.faults.add([rule])

    def advance(self, seconds: float) -> None:
        self.simulator.clock.change(advance=seconds)

    def asked(self) -> list[str]:
        """Operations in order, `token` apart."""
        entries = self.simulator.shops[HOST].log.since(0)
        return [entry.operation for entry in entries if entry.operation != "token"]

    def configure(self, **settings: Any) -> None:
        self.context.settings = ConnectorSettings(**(SETTINGS.model_dump() | settings))

    async def submit(self, *items: PushItem) -> Submission:
        self.context.submission = uuid4()
        return await self.adapter.submit(
            operation_of(items[0]), [mapped(one, self.context.settings) for one in items], self.context
        )

    async def push(self, *items: PushItem) -> list[Outcome]:
        """Submit and look until nothing is open any more; outcomes in the order of the items, one for each."""
        submission = await self.submit(*items)
        by_id = {outcome.item_id: outcome for outcome in submission.outcomes}
        assert len(by_id) == len(submission.outcomes) == len(items)
        for job in submission.remote_jobs:
            assert set(job.item_ids) == {one for one, said in by_id.items() if said.kind is OutcomeKind.ACCEPTED}
            by_id |= await self.poll(job)
        return [by_id[one.id] for one in items]

    async def poll(self, job: RemoteJob) -> dict[Any, Outcome]:
        """Ask until it is done, on a clock that does not wait."""
        known: dict[Any, Outcome] = {}
        left = job.deadline_seconds
        kept = orjson.loads(orjson.dumps(job.correlation))
        for _ in range(20):
            pause = job.poll_in_seconds
            self.advance(pause)
            left -= pause
            found = await self.adapter.poll(replace(job, correlation=kept, deadline_seconds=left), self.context)
            known |= {outcome.item_id: outcome for outcome in found.outcomes if outcome.item_id not in known}
            if found.done:
                return known
            job = replace(job, poll_in_seconds=found.poll_in_seconds)
        raise AssertionError("still open after twenty looks")

    async def listed(self, *items: ProductItem) -> list[ProductItem]:
        """Push products that are all taken; the products with their listings."""
        outcomes = await self.push(*items)
        assert {one.kind for one in outcomes} == {OutcomeKind.APPLIED}, outcomes
        return [listed(one, outcome.linked) for one, outcome in zip(items, outcomes, strict=True)]

    async def file(self, *items: PushItem) -> tuple[UploadFile, list[Any]]:
        """The items as a file, with the messages that stand in it."""
        operation = operation_of(items[0])
        ready = await self.adapter.completed(
            operation, [mapped(one, self.context.settings) for one in items], self.context
        )
        assert ready.outcomes == ()
        frame = self.adapter.frame(operation, self.context.settings)
        records = [
            self.adapter.record(operation, one, ref, self.context.settings) for ref, one in enumerate(ready.items, 1)
        ]
        body = frame.head + frame.separator.join(records) + frame.tail
        path = self.folder / f"{uuid4()}.json"
        path.write_bytes(body)
        messages = cast("list[Any]", orjson.loads(body)["messages"])
        return UploadFile(path, len(body), len(records), uuid4(), frame.content_type), messages

    async def feed(self, *items: PushItem) -> Collected:
        """Upload, and ask until there is a result."""
        file, _ = await self.file(*items)
        operation = operation_of(items[0])
        uploaded = await self.adapter.upload(operation, file, self.context)
        for _ in range(20):
            self.advance(uploaded.poll_in_seconds)
            found = await self.adapter.collect(operation, uploaded, self.context)
            if found.done:
                return found
        raise AssertionError("the feed never ends")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A fresh seller at a fresh Amazon; what it was asked must keep to the published models."""
    made = create_simulator()
    made.clock.change(freeze=True)
    made.put_shop(HOST, dict(ACCOUNT))
    made.put_limits(HOST, {"rate_scale": 1000})
    adapter = Amazon()
    async with running(made) as url, file_context(adapter, made, url, SETTINGS, CREDENTIALS) as context:
        yield Shop(made, adapter, context, tmp_path)
    assert made.violations.describe() == []


@pytest.fixture(autouse=True)
def _no_secret_in_messages(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert CREDENTIALS["lwa_client_secret"] not in caplog.text
    assert CREDENTIALS["refresh_token"] not in caplog.text
