"""Tokens are renewed in time although nobody asks for them, by one worker each; Shopify's refresh token is replaced on the way."""

import asyncio

import pytest
from platform_workers.sync_base.courier_side.shop_rows import KEYS, LivingLife, ShopRows
from platform_workers.sync_base.token_side.conftest import ShiftedClock, refused

from pixee_common.crypto import SealedCredentials
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_simulators.kit.testing import running
from pixee_simulators.shopify.simulator import create as simulator
from pixee_workers.platforms.shopify import create as shopify
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.probe_context import probe_context
from pixee_workers.sync_base.shared_tokens import SharedTokens
from pixee_workers.sync_base.token_refreshing import TokenRefresher
from pixee_workers.sync_base.tokens import TokenStore

pytestmark = pytest.mark.stack

HOST = "tokens.myshopify.com"
CREDENTIALS = {
    "client_id": "0123456789abcdef",
    "client_secret": "shpss_of_the_app",
    "refresh_token": "shprt_entered_by_the_merchant",
}


class Joined:
    """A worker that has joined and lives."""

    async def joined(self):
        return LivingLife()


class Process:
    """A worker process: nothing shared with another one but the database."""

    def __init__(self, town, database) -> None:
        self.town = town
        adapter = shopify()
        self.tokens = TokenStore(town.clock, SharedTokens(database, KEYS, town.clock))
        wiring = Wiring(town.client, town.policy, town.clock, self.tokens, lambda: town.rows.connector, "1")
        self.courier = PlatformCourier({"shopify": adapter}, database, KEYS, wiring)
        self.adapter = adapter
        self.refresher = TokenRefresher(self.courier, database, Joined(), town.clock, {"shopify": adapter})

    async def test(self):
        connector = await self.courier.connectors.read(self.town.rows.connector)
        return await self.adapter.test(probe_context(self.courier, connector, self.adapter, LivingLife()))


class Town:
    """A shop of a public app, whose tokens live an hour, and the workers that serve it."""

    def __init__(self, rows, as_role, shop, client, policy, clock) -> None:
        self.rows, self.shop, self.client, self.policy, self.clock = rows, shop, client, policy, clock
        self._as_role = as_role

    def process(self) -> Process:
        return Process(self, self._as_role("worker"))

    def go_on(self, seconds: float) -> None:
        self.clock.offset += seconds
        self.shop.clock.change(advance=seconds)

    def calls(self, path: str = "access_token") -> int:
        return sum(entry.path.endswith(path) for entry in self.shop.shops[HOST].log.since(0))

    async def refresh_token(self) -> str:
        (row,) = await self.rows.run(
            "SELECT key_id, ciphertext FROM credentials WHERE connector_id = $1", self.rows.connector
        )
        return KEYS.open(self.rows.connector, SealedCredentials(row["key_id"], row["ciphertext"]))["refresh_token"]

    async def status(self) -> str:
        (row,) = await self.rows.run("SELECT status FROM connectors WHERE id = $1", self.rows.connector)
        return row["status"]


@pytest.fixture
async def town(owner, as_role):
    shop, clock = simulator(), ShiftedClock()
    rows = ShopRows(owner, platform="shopify", credentials=dict(CREDENTIALS))
    await rows.add_connector(shop_domain=HOST)
    await rows.run("DELETE FROM access_tokens")
    async with running(shop) as url:
        shop.put_shop(HOST, {**CREDENTIALS, "currency": "EUR"})
        policy = EgressPolicy.parse(allow="127.0.0.0/8", routes=f"{HOST}={url}")
        async with GuardedClient(policy) as client:
            yield Town(rows, as_role, shop, client, policy, clock)


async def test_an_idle_token_is_renewed_before_it_expires_by_one_of_the_workers(town):
    processes = [town.process() for _ in range(4)]
    await processes[0].test()
    assert town.calls() == 1
    assert [await one.refresher.sweep() for one in processes] == [0, 0, 0, 0]
    town.go_on(3600 - 299)
    taken = await asyncio.gather(*(one.refresher.sweep() for one in processes))
    assert (sum(taken), town.calls()) == (1, 2)
    town.go_on(400)
    await processes[2].test()
    assert town.calls() == 2, "a caller had to fetch"


async def test_a_week_of_rest_leaves_a_refresh_token_that_works(town):
    await town.process().test()
    for _ in range(30):
        town.go_on(3400)
        assert await town.process().refresher.sweep() == 1
    assert town.calls() == 31
    assert await town.refresh_token() == town.shop.shops[HOST].state.store.refresh_tokens[-1]
    await town.process().test()
    assert await town.status() == "active"


async def test_the_crash_between_the_platforms_answer_and_our_commit_is_survived_within_its_grace(town):
    process = town.process()
    shared = process.tokens._shared

    async def crash(*_given):
        raise ConnectionResetError("the process is gone")

    shared._write = crash
    with pytest.raises(ConnectionResetError):
        await process.test()
    assert await town.refresh_token() == CREDENTIALS["refresh_token"]
    await town.rows.run("UPDATE access_tokens SET leased_until = now()")
    await town.process().test()
    assert town.calls() == 2
    assert await town.status() == "active"


async def test_a_refresh_token_that_has_died_asks_the_merchant_at_once(town):
    await town.process().test()
    store = town.shop.shops[HOST].state.store
    store.refresh_tokens.clear()
    town.go_on(3400)
    assert await town.process().refresher.sweep() == 1
    assert await town.status() == "error"
    town.go_on(3400)
    assert await town.process().refresher.sweep() == 0


async def test_a_paused_or_deleted_connector_is_left_alone(town):
    await town.process().test()
    town.go_on(3400)
    for change in ("status = 'paused'", "status = 'active', deleted_at = now()"):
        await town.rows.run(f"UPDATE connectors SET {change} WHERE id = $1", town.rows.connector)
        assert await town.process().refresher.sweep() == 0
    assert town.calls() == 1


async def test_a_refresh_that_fails_is_due_again_half_a_minute_later(town):
    await town.process().test()
    town.go_on(3400)
    town.shop.faults.add([{"kind": "status", "status": 503, "match": {"operation": "access_token"}, "times": 99}])
    process = town.process()

    async def at_once(_seconds):
        await asyncio.sleep(0)

    town.clock.sleep = at_once
    assert await process.refresher.sweep() == 1
    assert await process.refresher.sweep() == 0
    assert await town.status() == "active"
    town.shop.faults.clear()
    town.go_on(31)
    before = town.calls()
    assert await process.refresher.sweep() == 1
    assert town.calls() == before + 1


async def test_client_credentials_are_renewed_too(town):
    sealed = KEYS.seal(town.rows.connector, {n: v for n, v in CREDENTIALS.items() if n != "refresh_token"})
    await town.rows.run(
        "UPDATE credentials SET key_id = $2, ciphertext = $3 WHERE connector_id = $1",
        town.rows.connector, sealed.key_id, sealed.ciphertext,
    )  # fmt: skip
    await town.process().test()
    town.go_on(86_399 - 200)
    assert await town.process().refresher.sweep() == 1
    town.go_on(300)
    await town.process().test()
    assert town.calls() == 2


async def test_a_token_that_new_credentials_do_not_need_is_erased_and_not_due_again(town):
    await town.process().test()
    sealed = KEYS.seal(town.rows.connector, {"access_token": "shpat_static"})
    await town.rows.run(
        "UPDATE credentials SET key_id = $2, ciphertext = $3, version = version + 1 WHERE connector_id = $1",
        town.rows.connector, sealed.key_id, sealed.ciphertext,
    )  # fmt: skip
    town.go_on(3400)
    assert await town.process().refresher.sweep() == 1
    [row] = await town.rows.run("SELECT ciphertext FROM access_tokens WHERE connector_id = $1", town.rows.connector)
    assert row["ciphertext"] is None
    town.go_on(3400)
    assert await town.process().refresher.sweep() == 0
    assert town.calls() == 1


async def test_a_refusal_of_credentials_that_were_replaced_meanwhile_does_not_stop_the_connector(town, monkeypatch):
    process = town.process()

    async def refused_too_late(_context):
        await town.rows.run("UPDATE credentials SET version = version + 1 WHERE connector_id = $1", town.rows.connector)
        raise refused()

    monkeypatch.setattr(process.adapter, "refresh", refused_too_late)
    await process.refresher._refresh(town.rows.connector, 0, LivingLife())
    assert await town.status() == "active"
