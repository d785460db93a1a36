"""A worker judges webhooks: forged ones start nothing, our own writes come back as echoes, what the merchant did asks for a pull."""

import asyncio
import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from platform_workers.sync_base.courier_side.shop_rows import KEYS, ShopRows

from pixee_common.clock import SystemClock
from pixee_common.domain.ids import new_id
from pixee_workers.platforms.woocommerce import create
from pixee_workers.sync_base.connectors_read import ConnectorReader
from pixee_workers.sync_base.webhooks import Webhooks

pytestmark = pytest.mark.stack

SECRET = "the secret of the merchant's webhook"
CREDENTIALS = {"consumer_key": "ck_1", "consumer_secret": "cs_1", "webhook_secret": SECRET}
NOW = datetime.now(UTC).replace(microsecond=0)


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def told(number: int, changed: datetime = NOW) -> bytes:
    return orjson.dumps({"id": number, "name": "Tee", "date_modified_gmt": changed.strftime("%Y-%m-%dT%H:%M:%S")})


class Inbox:
    """A connector's deliveries and the worker's loop over them."""

    def __init__(self, rows: ShopRows, database) -> None:
        self.rows, adapter = rows, create()
        readers = ConnectorReader(database, KEYS, {"woocommerce": adapter.manifest}, SystemClock())
        self.webhooks = Webhooks(database, readers, SystemClock(), {"woocommerce": adapter}, settle_seconds=0.0)

    async def receive(self, body: bytes, sign: str | None = None, topic: str = "product.updated") -> None:
        await self.rows.run(
            "INSERT INTO webhook_deliveries (account_id, connector_id, platform, topic, delivery_id, signature, body)"
            " VALUES ($1, $2, 'woocommerce', $3, 'd', $4, $5)",
            self.rows.account, self.rows.connector, topic, signature(body) if sign is None else sign, body,
        )  # fmt: skip

    async def judged(self) -> list[tuple[str, str | None]]:
        await self.webhooks.sweep()
        rows = await self.rows.run(
            "SELECT state, result FROM webhook_deliveries WHERE connector_id = $1 ORDER BY id", self.rows.connector
        )
        return [(row["state"], row["result"]) for row in rows]

    async def wrote(self, external_id: str, at: datetime) -> None:
        """Our last write of a product, as its outcome was written."""
        product, variants = await self.rows.add_product(f"P{external_id}")
        await self.rows.list_item(product, product, "product", external_id)
        await self.rows.list_item(variants[0], product, "variant", external_id)
        await self.rows.run(
            "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, sent_at)"
            " VALUES ($1, $2, 'push_stock', $3, $4)",
            self.rows.connector, variants[0], self.rows.account, at,
        )  # fmt: skip


@pytest.fixture
async def make(owner, as_role):
    async def made(credentials=CREDENTIALS, **connector) -> Inbox:
        rows = ShopRows(owner, platform="woocommerce", credentials=dict(credentials))
        await rows.run("DELETE FROM webhook_deliveries")
        await rows.add_connector(**connector)
        return Inbox(rows, as_role("worker"))

    return made


async def test_a_signed_change_asks_for_a_pull_and_its_body_is_not_kept(make):
    inbox = await make()
    await inbox.receive(told(7))
    assert await inbox.judged() == [("wanted", "pull")]
    [row] = await inbox.rows.run("SELECT body, judged_at FROM webhook_deliveries")
    assert row["body"] == b""
    assert row["judged_at"] is not None


@pytest.mark.parametrize(
    "sign", ["", "nonsense", signature(told(7), "another secret"), signature(told(8)), "é", signature(told(7)).lower()]
)
async def test_a_forged_delivery_starts_nothing(make, sign):
    inbox = await make()
    await inbox.receive(told(7), sign=sign)
    assert await inbox.judged() == [("done", "forged")]


@pytest.mark.parametrize(
    ("seconds_after_our_write", "result"), [(-60, "echo"), (0, "echo"), (2, "echo"), (3, "pull"), (-121, "pull")]
)
async def test_our_own_write_comes_back_as_an_echo_and_a_later_change_does_not(make, seconds_after_our_write, result):
    inbox = await make()
    await inbox.wrote("7", NOW)
    await inbox.receive(told(7, NOW + timedelta(seconds=seconds_after_our_write)))
    assert [found for _, found in await inbox.judged()] == [result]


async def test_a_product_that_we_never_wrote_is_no_echo(make):
    inbox = await make()
    await inbox.wrote("7", NOW)
    await inbox.receive(told(8))
    assert await inbox.judged() == [("wanted", "pull")]


async def test_a_deleted_product_comes_as_its_id_and_asks_for_a_pull(make):
    inbox = await make()
    await inbox.receive(b'{"id":7}', topic="product.deleted")
    assert await inbox.judged() == [("wanted", "pull")]


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"not json", b'{"id": 7, "date_modified_gmt": "yesterday"}', b'{"id":"x"}']
)
async def test_what_is_signed_and_says_nothing_is_set_aside(make, body):
    inbox = await make()
    await inbox.receive(body)
    await inbox.receive(told(7))
    assert [result for _, result in await inbox.judged()] == ["unreadable", "pull"]


async def test_what_is_about_something_else_is_ignored(make):
    inbox = await make()
    await inbox.receive(told(7), topic="order.created")
    assert await inbox.judged() == [("done", "ignored")]


async def test_without_a_secret_nothing_is_believed(make):
    inbox = await make({"consumer_key": "ck_1", "consumer_secret": "cs_1"})
    await inbox.receive(told(7), sign=signature(told(7), ""))
    assert await inbox.judged() == [("done", "no_secret")]


async def test_a_paused_connector_pulls_nothing(make):
    inbox = await make(status="paused")
    await inbox.receive(told(7))
    assert await inbox.judged() == [("done", "not_active")]


async def test_a_delivery_waits_while_a_push_of_its_connector_is_under_way(make):
    inbox = await make()
    job = new_id()
    await inbox.rows.run(
        "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,"
        " item_ids, letters, size, state) VALUES ($1, 0, $2, $3, 'woocommerce', 'push_stock', $4, 1, 1, '{}', '', 0, 'claimed')",
        job, inbox.rows.account, inbox.rows.connector, str(inbox.rows.connector),
    )  # fmt: skip
    await inbox.receive(told(7))
    assert await inbox.judged() == [("received", None)]
    await inbox.rows.run("UPDATE chunks SET state = 'done' WHERE job_id = $1", job)
    assert await inbox.judged() == [("wanted", "pull")]


async def test_two_workers_judge_each_delivery_once(make, as_role):
    inbox = await make()
    other = Inbox(inbox.rows, as_role("worker"))
    for number in range(20):
        await inbox.receive(told(number))
    counts = await asyncio.gather(inbox.webhooks.sweep(), other.webhooks.sweep())
    assert sum(counts) == 20
