"""A refresh token that the platform has replaced is kept, however long the database is away: without it the merchant has to sign in anew."""

import asyncio

import pytest

from pixee_workers.sync_base import token_rows

pytestmark = pytest.mark.stack


async def test_a_replaced_refresh_token_is_written_when_the_database_comes_back_after_all_patience(
    stand, monkeypatch: pytest.MonkeyPatch
):
    stand.issuer.rotating = True
    worker = stand.worker(wait_seconds=0.5)
    database = worker.store._shared._database
    write, failures = token_rows.write, 4
    database._retry_for = 0.0  # each try of `Database.run` is its last

    async def away_at_first(*given):
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise ConnectionRefusedError("the database is away")
        return await write(*given)

    monkeypatch.setattr(token_rows, "write", away_at_first)
    assert await asyncio.wait_for(worker.token(), 20) == "access-token-number-1"
    assert (await stand.kept())[1] == stand.issuer.current
