"""A worker reads webhooks: forged ones start nothing, true ones are handed on in the words of a pull."""

import asyncio
import base64
import hashlib
import hmac

import orjson
import pytest
from platform_workers.sync_base.courier_side.shop_rows import KEYS, ShopRows

from pixee_common.clock import SystemClock
from pixee_workers.platforms.woocommerce import create
from pixee_workers.sync_base.connectors_read import ConnectorReader
from pixee_workers.sync_base.webhooks import Webhooks

pytestmark = pytest.mark.stack

SECRET = "the secret of the merchant's webhook"
CREDENTIALS = {"consumer_key": "ck_1", "consumer_secret": "cs_1", "webhook_secret": SECRET}


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def told(number: int, **fields: object) -> bytes:
    return orjson.dumps({"id": number, "type": "simple", "name": "Tee", "regular_price": "5", **fields})


class Inbox:
    """A connector's deliveries and the worker's loop over them."""

    def __init__(self, rows: ShopRows, database) -> None:
        self.rows, adapter = rows, create()
        readers = ConnectorReader(database, KEYS, {"woocommerce": adapter.manifest}, SystemClock())
        self.webhooks = Webhooks(database, readers, SystemClock(), {"woocommerce": adapter})

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


@pytest.fixture
async def make(owner, as_role):
    async def made(credentials=CREDENTIALS, **connector) -> Inbox:
        rows = ShopRows(owner, platform="woocommerce", credentials=dict(credentials))
        await rows.run("DELETE FROM webhook_deliveries")
        await rows.add_connector(**connector)
        return Inbox(rows, as_role("worker"))

    return made


async def test_what_a_true_delivery_tells_is_handed_on_and_its_body_is_not_kept(make):
    inbox = await make()
    await inbox.receive(told(7, sku="T", manage_stock=True, stock_quantity=3, categories=[{"id": 1, "name": "Tees"}]))
    assert await inbox.judged() == [("told", None)]
    [row] = await inbox.rows.run("SELECT * FROM webhook_deliveries")
    assert (row["body"], row["external_id"], row["judged_at"]) == (b"", "7", None)
    product = row["told"]["product"]
    assert (product["title"], product["categories"]) == ("Tee", [["Tees"]])
    [variant] = product["variants"]
    assert (variant["sku"], variant["price"], variant["quantity"]) == ("T", "5", 3)


@pytest.mark.parametrize(
    "sign", ["", "nonsense", signature(told(7), "another secret"), signature(told(8)), "é", signature(told(7)).lower()]
)
async def test_a_forged_delivery_starts_nothing(make, sign):
    inbox = await make()
    await inbox.receive(told(7), sign=sign)
    assert await inbox.judged() == [("done", "forged")]


async def test_what_is_removed_and_what_nobody_can_read_is_handed_on_too(make):
    inbox = await make()
    await inbox.receive(b'{"id":7}', topic="product.deleted")
    await inbox.receive(told(8, name="a\x00b"))
    assert await inbox.judged() == [("told", None)] * 2
    gone, unread = await inbox.rows.run("SELECT external_id, told FROM webhook_deliveries ORDER BY id")
    assert (gone["external_id"], gone["told"]["gone"], gone["told"]["product"]) == ("7", True, None)
    assert (unread["external_id"], unread["told"]) == ("8", None)


async def test_a_true_delivery_behind_which_others_were_dropped_asks_for_a_pull(make):
    inbox = await make()
    await inbox.receive(told(7))
    await inbox.receive(told(8), sign="nonsense")
    await inbox.rows.run("UPDATE webhook_deliveries SET result = 'overflow'")
    assert await inbox.judged() == [("wanted", "pull"), ("done", "forged")]


@pytest.mark.parametrize("body", [b"[]", b"{}", b"not json", b'{"id":"x"}'])
async def test_what_is_signed_and_says_nothing_is_set_aside(make, body):
    inbox = await make()
    await inbox.receive(body)
    await inbox.receive(told(7))
    assert await inbox.judged() == [("done", "unreadable"), ("told", None)]


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


async def test_two_workers_read_each_delivery_once(make, as_role):
    inbox = await make()
    other = Inbox(inbox.rows, as_role("worker"))
    for number in range(20):
        await inbox.receive(told(number))
    counts = await asyncio.gather(inbox.webhooks.sweep(), other.webhooks.sweep())
    assert sum(counts) == 20
