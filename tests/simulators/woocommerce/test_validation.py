"""Requests are judged by the published schemas: planted breaches are caught, honest requests are not."""

import time
from typing import Any

import pytest
from simulators.woocommerce.shop import Shop

from pixee_simulators.kit.specs import find_specs

pytestmark = pytest.mark.skipif(
    find_specs("woocommerce") is None, reason="the published schemas (../shared/specs/woocommerce) are not there"
)
BATCH = "/products/batch"

PLANTED: list[tuple[str, str, Any, str, str]] = [
    ("POST", BATCH, {"create": [{"name": "A", "stock_quantity": "abc"}]}, "type", "/create/0/stock_quantity"),
    ("POST", BATCH, {"create": [{"name": "A", "regular_price": 12.5}]}, "type", "/create/0/regular_price"),
    ("POST", BATCH, {"create": [{"name": "A", "status": "bogus"}]}, "enum", "/create/0/status"),
    ("POST", BATCH, {"create": [{"name": "A", "colour": "red"}]}, "unknown_property", "/create/0/colour"),
    ("POST", BATCH, {"create": [{"name": "A", "price": "1"}]}, "readonly", "/create/0/price"),
    ("POST", BATCH, {"update": [{"name": "A"}]}, "missing_id", "/update/0"),
    ("POST", BATCH, {"update": [{"id": "7", "name": "A"}]}, "missing_id", "/update/0"),
    ("POST", BATCH, {"create": [{"images": [{"source": "x"}]}]}, "unknown_property", "/create/0/images/0"),
    (
        "POST",
        BATCH,
        {"create": [{"categories": [{"id": 16, "name": "x"}]}]},
        "unknown_property",
        "/create/0/categories/0",
    ),
    ("POST", BATCH, {"delete": ["7"]}, "type", "/delete/0"),
    ("POST", BATCH, {"upsert": []}, "unknown_property", "/upsert"),
    ("POST", BATCH, {"create": [{"name": str(n)} for n in range(101)]}, "batch_limit", ""),
    ("POST", "/products/1/variations/batch", {"create": [{"name": "A"}]}, "unknown_property", "/create/0/name"),
    ("POST", "/products/1/variations/batch", {"create": [{"price": "1"}]}, "readonly", "/create/0/price"),
    ("POST", "/products/categories", {"parent": 1}, "required", "/name"),
    ("POST", "/webhooks", {"topic": "product.updated"}, "required", "/delivery_url"),
    ("GET", "/products?per_page=101", None, "maximum", "?per_page"),
    ("GET", "/products?meta_key=_pixee_id", None, "unknown_parameter", "?meta_key"),
    ("GET", "/products?orderby=colour", None, "enum", "?orderby"),
    ("GET", "/product", None, "unknown_route", "/product"),
]


@pytest.mark.parametrize(("method", "path", "body", "rule", "pointer"), PLANTED)
async def test_a_planted_breach_is_caught(
    shop: Shop, method: str, path: str, body: Any, rule: str, pointer: str
) -> None:
    await shop.ask(method, path, body)
    assert (rule, pointer) in [(one["rule"], one["pointer"]) for one in await shop.violations()]


async def test_the_breach_does_not_change_the_answer(shop: Shop) -> None:
    made = await shop.create(name="A", regular_price=12.5, colour="red")
    assert made["regular_price"] == "12.5"
    assert {one["rule"] for one in await shop.violations()} == {"type", "unknown_property"}


async def test_requests_as_the_sheet_shows_them_are_clean(shop: Shop) -> None:
    await shop.ask("POST", "/products/attributes", {"name": "Size", "slug": "pa_size", "type": "select"})
    await shop.batch("/products/attributes/1/terms/batch", create=[{"name": "S"}])
    await shop.ask("POST", "/products/brands", {"name": "Acme"})
    made = await shop.create(
        name="Tee",
        type="variable",
        status="publish",
        catalog_visibility="visible",
        sku="TEE-1",
        global_unique_id="4006381333931",
        regular_price="19.99",
        sale_price="",
        tax_class="",
        manage_stock=True,
        stock_quantity=5,
        description="<p>x</p>",
        short_description="x",
        weight="0.2",
        dimensions={"length": "1", "width": "1", "height": "1"},
        categories=[{"id": 16}],
        brands=[{"id": 3}],
        images=[{"src": "https://img.example/1.jpg", "alt": "front"}],
        attributes=[{"id": 1, "visible": True, "variation": True, "options": ["S"]}],
        meta_data=[{"key": "_pixee_id", "value": "pim-4711"}],
    )
    variation = {"sku": "T-S", "regular_price": "1", "image": {"src": "https://img.example/2.jpg"}}
    path = f"/products/{made['id']}/variations"
    await shop.batch(f"{path}/batch", create=[variation | {"attributes": [{"id": 1, "option": "S"}]}])
    await shop.update(made["id"], meta_data=[{"id": made["meta_data"][0]["id"], "key": "_pixee_id", "value": "2"}])
    await shop.ask("PUT", f"/products/{made['id']}", {"date_on_sale_from_gmt": None, "inventory_delta": 1})
    await shop.get("/products", sku="A,B", _fields="id,sku", per_page=100, _cache="1")
    await shop.get("/products", global_unique_id="4006381333931")
    await shop.get("/products", include="1,2", modified_after="2026-11-01T00:00:00", dates_are_gmt="true", status="any")
    await shop.get(path, per_page=100)
    await shop.get("/products/categories", search="x", slug="x", parent=0)
    await shop.get("/data/currencies/current")
    await shop.get("/settings/tax/woocommerce_prices_include_tax")
    await shop.get("/system_status", _fields="environment")
    await shop.ask("DELETE", f"/products/{made['id']}", force="true")
    assert await shop.violations() == []


async def test_a_batch_of_100_is_judged_and_stored_quickly(shop: Shop) -> None:
    """CPU time, best of three, with room for a busy machine: the aim is 30 ms, a fresh compile would take seconds."""
    made = (await shop.batch(create=[{"name": f"Tee {n}", "sku": f"T-{n}"} for n in range(100)]))["create"]
    change = {"manage_stock": True, "stock_quantity": 9, "regular_price": "19.99"}
    spent = []
    for _ in range(3):
        before = time.process_time()
        await shop.batch(update=[{"id": one["id"], **change} for one in made])
        spent.append(time.process_time() - before)
    assert min(spent) < 0.06
