"""What a merchant is told when a connector is tested."""

import pytest
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, answer

from pixee_common.egress import ConnectFailed, EgressRefused
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
    assert body["requirements"] == {"locations": ["1"]}
    rows = await b.rows.run("SELECT body FROM requirements WHERE connector_id = $1", b.rows.connector)
    assert rows[0]["body"] == {"locations": ["1"]}
