"""What a merchant is told when a connector is tested."""

import pytest
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, answer

from pixee_common.egress import ConnectFailed, EgressRefused
from pixee_common.platforms.requirements import Requirements
from pixee_workers.sync_base.outcomes import TestReport
from pixee_workers.sync_base.prober import Prober

pytestmark = pytest.mark.stack


async def probe(b, kind="test"):
    return await Prober(b.courier, b.database).probe(b.rows.connector, kind, b.life)


async def status(b):
    row = (await b.rows.run("SELECT * FROM connectors WHERE id = $1", b.rows.connector))[0]
    return row["status"], row["last_error"], row["shop_currency"]


async def test_a_good_test_says_so_and_ends_the_error(bench):
    b = await bench(status="error", shop_currency=None)
    body = await probe(b)
    assert body["success"] is True
    assert body["platform"] == "fake"
    assert isinstance(body["latency_ms"], int)
    assert await status(b) == ("active", None, "EUR")


async def test_each_refusal_names_what_to_mend(bench):
    cases = {
        "Credentials": answer(401),
        "reached": [ConnectFailed("refused")] * 9,
        "address": EgressRefused("private_address", "Give the public address."),
        "host": answer(418),
        "pause": answer(429, retry_after="60"),
    }
    for word, script in cases.items():
        b = await bench()
        b.shop.script.extend(script if isinstance(script, list) else [script])
        body = await probe(b)
        assert body["success"] is False
        assert word in body["message"], body
        assert (await status(b))[0] == ("error" if word == "Credentials" else "active")


async def test_a_missing_permission_is_named(bench):
    class Poor(FakeAdapter):
        async def test(self, context):
            return TestReport("a", "A", "EUR", ("read",), ("write_products",))

    b = await bench(Poor())
    body = await probe(b)
    assert (body["success"], body["code"]) == (False, "permission_missing")
    assert "write_products" in body["message"]


async def test_what_a_shop_demands_is_kept_with_its_age(bench):
    b = await bench()
    body = await probe(b, "describe")
    assert body["requirements"]["locations"] == [{"code": "1", "label": "Main"}]
    rows = await b.rows.run("SELECT body FROM requirements WHERE connector_id = $1", b.rows.connector)
    assert Requirements.model_validate(rows[0]["body"]).locations[0].code == "1"


async def test_what_is_no_connector_any_more_is_said_without_a_call(bench):
    b = await bench()
    await b.rows.run("UPDATE connectors SET deleted_at = now() WHERE id = $1", b.rows.connector)
    assert (await probe(b))["code"] == "connector_deleted"
    assert not b.shop.seen


async def test_credentials_that_cannot_be_read_are_our_fault(bench):
    b = await bench()
    await b.rows.run("UPDATE credentials SET key_id = 'lost' WHERE connector_id = $1", b.rows.connector)
    body = await probe(b)
    assert (body["success"], body["code"]) == (False, "key_unknown")


async def test_a_page_that_is_no_answer_of_such_a_shop_points_at_the_host(bench):
    class Parsing(FakeAdapter):
        async def test(self, context):
            answer(200, b"<html>").json()

    body = await probe(await bench(Parsing()))
    assert body["success"] is False
    assert "host" in body["message"]


async def test_a_good_test_closes_the_routes_breaker(bench):
    b = await bench()
    route = b.courier.route(str(b.rows.connector), b.adapter)
    for _ in range(5):
        route.breaker.failed()
    assert route.breaker.is_open
    assert (await probe(b))["success"] is True
    assert not route.breaker.is_open
