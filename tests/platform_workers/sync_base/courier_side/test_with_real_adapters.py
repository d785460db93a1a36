"""The courier with the adapters and shops of this project: real HTTP, real PostgreSQL, no lane."""

from uuid import uuid4

import pytest
from platform_workers.sync_base.courier_side.shop_rows import KEYS, LivingLife, ShopRows

from pixee_common.clock import SystemClock
from pixee_common.domain.job import Operation
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_simulators.kit.testing import running
from pixee_simulators.shopify.simulator import create as create_shopify
from pixee_simulators.woocommerce.simulator import create as create_woocommerce
from pixee_workers.platforms import shopify, woocommerce
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.prober import Prober
from pixee_workers.sync_base.tokens import TokenStore

pytestmark = pytest.mark.stack

PRODUCTS, STOCK, PRICES = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK, Operation.PUSH_PRICES
SHOPS = {
    "woocommerce": (
        woocommerce,
        create_woocommerce,
        "shop.example",
        {"consumer_key": "ck_" + "a" * 40, "consumer_secret": "cs_" + "b" * 40},
        {"base_path": "/store", "currency": "EUR"},
        {"store_url": "https://shop.example/store"},
    ),
    "shopify": (
        shopify,
        create_shopify,
        "demo.myshopify.com",
        {"access_token": "shpat_0123456789abcdef"},
        {"currency": "EUR"},
        {"shop_domain": "demo.myshopify.com"},
    ),
}


class RealBench:
    def __init__(self, rows, courier, simulator, host, database):
        self.rows, self.courier, self.simulator, self.host, self.database = rows, courier, simulator, host, database

    def writes(self) -> int:
        return len(list(self.simulator.shops[self.host].log.since(0, kind="write")))

    async def push(self, operation, items, **changes):
        for _ in range(20):
            result = await self.courier.carry(self.rows.chunk(operation, items, **changes), LivingLife())
            await self.rows.write(result)
            changes = {**changes, "letters": result.letters, "job_id": result.chunk.job_id}
            if result.wait is None:
                return result
        raise AssertionError(result)


@pytest.fixture(params=SHOPS)
async def real(request, owner, as_role):
    package, create_simulator, host, credentials, shop, settings = SHOPS[request.param]
    simulator = create_simulator()
    async with running(simulator) as url:
        simulator.put_shop(host, {**credentials, **shop})
        rows = ShopRows(owner, platform=request.param, credentials=credentials)
        await rows.add_connector(shop_currency=None, **settings)
        policy = EgressPolicy.parse(allow="127.0.0.0/8", routes=f"{host}={url}")
        database, clock = as_role("worker"), SystemClock()
        async with GuardedClient(policy) as client:
            wiring = Wiring(client, policy, clock, TokenStore(clock), uuid4, "1")
            courier = PlatformCourier({request.param: package.create()}, database, KEYS, wiring)
            yield RealBench(rows, courier, simulator, host, database)
    assert simulator.violations.describe() == []


async def test_products_stock_and_prices_arrive_and_nothing_is_sent_twice(real):
    rows = real.rows
    products, variants = [], []
    for number in range(12):
        sizes = ("S", "M") if number % 3 == 0 else ()
        product, own = await rows.add_product(f"P{number}", title=f"Shirt {number}", sizes=sizes, quantity=number)
        products.append(product)
        variants += own
    result = await real.push(PRODUCTS, products)
    assert result.letters == "a" * 12, result.issues
    before = real.writes()
    for operation, items in ((PRODUCTS, products), (STOCK, variants), (PRICES, variants)):
        again = await real.push(operation, items)
        assert set(again.letters) == {"s"}, (operation, again.issues)
    assert real.writes() == before
    await rows.set_stock(variants[0], 77)
    await rows.set_title(products[1], "Another shirt")
    assert (await real.push(STOCK, variants)).letters.count("a") == 1
    assert (await real.push(PRODUCTS, products)).letters.count("a") == 1
    assert real.writes() > before


async def test_a_reset_after_the_shop_committed_makes_no_second_product(real):
    products = [(await real.rows.add_product(f"P{number}"))[0] for number in range(5)]
    real.simulator.faults.add([{"kind": "reset_after_commit", "match": {"kind": "write"}, "times": 1}])
    result = await real.push(PRODUCTS, products)
    assert result.letters == "aaaaa", result.issues
    titles = await real.rows.listings()
    assert len({external for external, _ in titles.values()}) >= 5


async def test_a_test_of_the_connection_succeeds_and_names_refused_credentials(real):
    prober = Prober(real.courier, real.database)
    body = await prober.probe(real.rows.connector, "test", LivingLife())
    assert body["success"] is True, body
    real.simulator.put_shop(real.host, {"access_token": "another-token", "consumer_secret": "cs_" + "c" * 40})
    refused = await prober.probe(real.rows.connector, "test", LivingLife())
    assert refused["success"] is False
    assert "redentials" in refused["message"]
