"""Who may do what: keys, permissions, and another account's ids on every route that takes one."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from pixee_common.crypto import hash_secret, issue

pytestmark = pytest.mark.stack

READS = ["/api/v1/connectors/{id}", "/api/v1/woocommerce/{id}", "/api/v1/connectors/{id}/jobs", "/api/v1/connectors/{id}/quarantine", "/api/v1/jobs/{job}", "/api/v1/jobs/{job}/items", "/api/v1/jobs/{job}/events"]  # fmt: skip
WRITES = [
    "/api/v1/connectors/{id}/test", "/api/v1/connectors/{id}/pause", "/api/v1/connectors/{id}/resume", "/api/v1/jobs/{job}/cancel",
    "/api/v1/jobs/{job}/retry", "/api/v1/connectors/{id}/quarantine/release", "/api/v1/woocommerce/{id}/quarantine/release",
    *(f"/api/v1/connectors/{{id}}/sync/{s}" for s in ("push-products", "pull-products", "push-stock", "push-prices")),
]  # fmt: skip


async def _connector_and_job(account) -> dict[str, str]:
    connector = await account.connector("woocommerce")
    job = (await account.manager.post(f"/api/v1/connectors/{connector}/sync/push-stock")).json()["job_id"]
    return {"id": connector, "job": job}


async def test_no_route_shows_or_changes_what_belongs_to_another_account(account, make_account, owner) -> None:
    theirs = await _connector_and_job(await make_account())
    for route in READS:
        assert (await account.reader.get(route.format(**theirs))).status_code == 404, route
    for route in WRITES:
        assert (await account.manager.post(route.format(**theirs))).status_code == 404, route
    url = f"/api/v1/connectors/{theirs['id']}"
    assert (await account.manager.patch(url, json={"name": "mine"})).status_code == 404
    assert (await account.manager.delete(url)).status_code == 404
    async with owner.connection() as connection:
        assert (
            await connection.fetchval("SELECT name FROM connectors WHERE id = $1::text::uuid", theirs["id"]) == "Shop"
        )


@pytest.mark.parametrize("bad", ["x", "1", "..", "%00", "550e8400-e29b-41d4-a716"])
async def test_a_malformed_id_is_simply_not_found(account, bad) -> None:
    assert (await account.reader.get(f"/api/v1/connectors/{bad}")).status_code == 404
    assert (await account.manager.post(f"/api/v1/connectors/{bad}/sync/push-stock")).status_code == 404
    assert (await account.reader.get(f"/api/v1/jobs/{bad}")).status_code == 404


async def test_a_key_that_only_reads_changes_nothing(account) -> None:
    known = await _connector_and_job(account)
    for route in WRITES:
        answer = await account.reader.post(route.format(**known))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), route
    assert (await account.reader.post("/api/v1/connectors/", json={})).status_code == 403


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic abc", "Bearer pix_live_abc_def"])
async def test_without_a_valid_key_every_address_answers_401(gateway, header) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with httpx.AsyncClient(transport=gateway, base_url="http://gateway", headers=headers) as client:
        for path in ("/api/v1/connectors/", "/api/v1/jobs/1", "/api/v1/nowhere"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert (await client.post("/api/v1/connectors/", content=b"{")).status_code == 401


async def test_revoked_expired_and_unknown_keys_are_refused(gateway, account, owner) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    states = {"revoked": (None, past), "expired": (past, None), "unknown": None}
    for name, state in states.items():
        key = issue("test")
        if state is not None:
            async with owner.transaction() as connection:
                await connection.execute(
                    "INSERT INTO api_keys (id, account_id, name, secret_sha256, permissions, expires_at, revoked_at)"
                    " VALUES ($1, $2, 'k', $3, '{READ}', $4, $5)",
                    key.id, account.id, hash_secret(key.secret), *state,
                )  # fmt: skip
        async with httpx.AsyncClient(transport=gateway, base_url="http://gateway") as client:
            answer = await client.get("/api/v1/connectors/", headers={"Authorization": f"Bearer {key.text()}"})
        assert answer.status_code == 401, name


async def test_row_level_security_hides_other_accounts_even_from_a_query_without_a_condition(
    account, make_account, as_role
) -> None:
    await account.connector()
    other = await make_account()
    await other.connector()
    async with as_role("gateway").transaction(account.id) as connection:
        rows = await connection.fetch("SELECT account_id FROM connectors")
    assert {row["account_id"] for row in rows} == {account.id}
    async with as_role("gateway").connection() as connection:
        assert await connection.fetch("SELECT 1 FROM connectors") == []


async def test_wrong_method_and_unknown_address_are_problems(account) -> None:
    assert (await account.manager.put("/api/v1/connectors/")).json()["code"] == "method_not_allowed"
    missing = await account.reader.get(f"/api/v1/{uuid4()}")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
