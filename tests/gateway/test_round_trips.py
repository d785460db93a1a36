"""A POST costs at most two SQL round trips: one for the key, one for everything else."""

import pytest

pytestmark = pytest.mark.stack


async def test_a_post_costs_two_round_trips(account, gateway) -> None:
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/sync/push-stock"
    await account.manager.post(url)
    database = gateway.app.state.use_cases.start_sync._database
    seen: list[str] = []
    async with database.connection() as connection:
        connection.add_query_logger(lambda record: seen.append(record.query))
    answer = await account.manager.post(url, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 202
    assert len(seen) == 2, seen
    assert "api_keys" in seen[0]
    assert "submit_job" in seen[1]
