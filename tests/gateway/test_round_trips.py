"""A POST costs at most two SQL round trips: one for the key, one for everything else."""

import pytest

pytestmark = pytest.mark.stack


async def test_a_post_costs_two_round_trips_and_one_while_the_key_is_remembered(account, gateway) -> None:
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/sync/push-stock"
    await account.manager.post(url)
    database = gateway.app.state.use_cases.start_sync._database
    seen: list[str] = []
    async with database.connection() as connection:
        connection.add_query_logger(lambda record: seen.append(record.query))
    authenticator = gateway.app.user_middleware[0].kwargs["authenticator"]
    authenticator.forget("")
    for name, expected in {"one": ["api_keys", "submit_job"], "two": ["submit_job"]}.items():
        seen.clear()
        answer = await account.manager.post(url, headers={"Idempotency-Key": name})
        assert answer.status_code == 202
        assert [word for query, word in zip(seen, expected, strict=True) if word in query] == expected


async def test_a_revoked_key_is_refused_as_soon_as_the_notification_comes(account, gateway, owner) -> None:
    assert (await account.reader.get("/api/v1/connectors/")).status_code == 200
    key_id = account.reader.headers["authorization"].split("_")[2]
    async with owner.transaction() as connection:
        await connection.execute("UPDATE api_keys SET revoked_at = now() WHERE id = $1", key_id)
    gateway.app.user_middleware[0].kwargs["authenticator"].forget(key_id)
    assert (await account.reader.get("/api/v1/connectors/")).status_code == 401
