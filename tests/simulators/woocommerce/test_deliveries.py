"""Sheet, "Pull products", webhooks: signed deliveries of what changed, pings, and webhooks that are given up."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from aiohttp import web
from simulators.woocommerce.shop import Shop


@dataclass
class Listener:
    """What a shop's webhooks reached; answers `status`."""

    url: str = ""
    status: int = 202
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made, app = Listener(), web.Application()
    app.router.add_post("/hook", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


async def hook(shop: Shop, listener: Listener, topic: str = "product.updated") -> Any:
    status, webhook = await shop.ask(
        "POST", "/webhooks", {"topic": topic, "delivery_url": listener.url, "secret": "s3cret"}
    )
    assert status == 201, webhook
    await shop.simulator.deliveries.settled()
    return webhook


async def test_a_new_webhook_is_pinged_with_its_number_unsigned(shop: Shop, listener: Listener) -> None:
    webhook = await hook(shop, listener)
    [(headers, body)] = listener.got
    assert body == f"webhook_id={webhook['id']}".encode()
    assert "X-WC-Webhook-Signature" not in headers
    assert "secret" not in webhook


async def test_a_change_is_told_once_signed_as_the_product_stands(shop: Shop, listener: Listener) -> None:
    product = await shop.create(name="Tee", sku="T", regular_price="1")
    await hook(shop, listener)
    listener.got.clear()
    await shop.batch(update=[{"id": product["id"], "name": "Shirt"}])
    await shop.simulator.deliveries.settled()
    [(headers, body)] = listener.got
    digest = hmac.new(b"s3cret", body, hashlib.sha256).digest()
    assert headers["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert (headers["X-WC-Webhook-Topic"], headers["X-WC-Webhook-Event"]) == ("product.updated", "updated")
    told = orjson.loads(body)
    assert (told["id"], told["name"]) == (product["id"], "Shirt")
    assert told["date_modified_gmt"]


async def test_topics_are_told_apart_and_a_deleted_product_is_its_id(shop: Shop, listener: Listener) -> None:
    for topic in ("product.created", "product.deleted"):
        await hook(shop, listener, topic)
    listener.got.clear()
    product = await shop.create(name="Tee")
    await shop.batch(update=[{"id": product["id"], "name": "Shirt"}])
    await shop.batch(delete=[product["id"]])
    await shop.simulator.deliveries.settled()
    assert [headers["X-WC-Webhook-Topic"] for headers, _ in listener.got] == ["product.created", "product.deleted"]
    assert orjson.loads(listener.got[1][1]) == {"id": product["id"]}


async def test_a_variations_change_is_its_own_and_its_parents(shop: Shop, listener: Listener) -> None:
    parent = await shop.create(
        name="Shirt", type="variable", attributes=[{"name": "Size", "variation": True, "options": ["S"]}]
    )
    await hook(shop, listener)
    listener.got.clear()
    status, _ = await shop.ask(
        "POST",
        f"/products/{parent['id']}/variations/batch",
        {"create": [{"sku": "S", "regular_price": "1", "attributes": [{"name": "Size", "option": "S"}]}]},
    )
    assert status == 200
    await shop.simulator.deliveries.settled()
    assert [orjson.loads(body)["id"] for _, body in listener.got] == [
        parent["id"]
    ]  # product.updated: of a new one, its parent
    [variation] = await shop.get(f"/products/{parent['id']}/variations")
    listener.got.clear()
    update = {"update": [{"id": variation["id"], "stock_quantity": 4, "manage_stock": True}]}
    await shop.ask("POST", f"/products/{parent['id']}/variations/batch", update)
    await shop.simulator.deliveries.settled()
    told = {one["id"]: one for one in (orjson.loads(body) for _, body in listener.got)}
    assert set(told) == {parent["id"], variation["id"]}
    own = told[variation["id"]]
    assert (own["type"], own["parent_id"], own["stock_quantity"]) == ("variation", parent["id"], 4)


async def test_a_description_is_told_as_a_page_shows_it(shop: Shop, listener: Listener) -> None:
    await hook(shop, listener, "product.created")
    listener.got.clear()
    answered = await shop.create(name="Tee", description="Soft\n\n<ul><li>cotton</li></ul>")
    await shop.simulator.deliveries.settled()
    assert answered["description"] == "Soft\n\n<ul><li>cotton</li></ul>"
    assert orjson.loads(listener.got[0][1])["description"] == "<p>Soft</p>\n<ul><li>cotton</li></ul>\n"


async def test_a_webhook_that_fails_more_than_five_times_in_a_row_is_disabled(shop: Shop, listener: Listener) -> None:
    product = await shop.create(name="Tee")
    webhook = await hook(shop, listener)
    listener.status = 500
    for number in range(6):
        assert (await shop.get(f"/webhooks/{webhook['id']}"))["status"] == "active"
        await shop.batch(update=[{"id": product["id"], "name": f"Tee {number}"}])
        await shop.simulator.deliveries.settled()
    assert (await shop.get(f"/webhooks/{webhook['id']}"))["status"] == "disabled"
    listener.got.clear()
    await shop.batch(update=[{"id": product["id"], "name": "Tee"}])
    await shop.simulator.deliveries.settled()
    assert listener.got == []
