"""What accepting a job costs: POST against a null endpoint plus one job-and-outbox statement, in turn, on one server and one database."""

import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.report import Figure
from pixee_common.crypto import KeyRing, generate_key, hash_secret, issue
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.ids import new_id
from pixee_common.egress import EgressPolicy
from pixee_common.platforms import catalogue
from pixee_common.service import serve
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_gateway.app import create_app
from pixee_gateway.notices import Notices
from pixee_gateway.security.authentication import Authenticator

ROUNDS = 400

STATEMENT = """
WITH job AS (
    INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, sending_done)
    VALUES ($1, $2, $3, 'shopify', 'push_stock', 'r', 'h', 'k', true) RETURNING id
)
INSERT INTO outbox (topic, key, payload, headers) SELECT 'none', 'k', convert_to(id::text, 'UTF8'), '{}' FROM job
"""


async def run() -> list[Figure]:
    """p50 of the POST over (p50 of the null endpoint + p50 of the statement)."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        try:
            await migrate(server.dsn)
            return await _measure(server.dsn)
        finally:
            await server.stop()


async def _measure(dsn: str) -> list[Figure]:
    # As the owner: row-level security is a matter of tests/gateway, and the owner is the slower of the two for nothing here.
    database = Database(dsn, name="bench")
    account, key = new_id(), issue("bench")
    authenticator = Authenticator(database)
    app = create_app(
        database, catalogue(), KeyRing.parse(f"k:{generate_key()}"), EgressPolicy(),
        authenticator=authenticator, probe_answers=Notices(), job_changes=Notices(),
    )  # fmt: skip

    @app.get("/null")
    async def null() -> dict[str, str]:
        return {"status": "ok"}

    async with database.transaction() as connection:
        await connection.execute("INSERT INTO accounts (id, name) VALUES ($1, 'bench')", account)
        await connection.execute(
            "INSERT INTO api_keys (id, account_id, name, secret_sha256, permissions) VALUES ($1, $2, 'k', $3, $4)",
            key.id, account, hash_secret(key.secret), ["READ", "MANAGE_SETTINGS"],
        )  # fmt: skip
    async with (
        serve(app, "127.0.0.1", 0) as served,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{served.port}", headers={"Authorization": f"Bearer {key.text()}"}
        ) as client,
    ):
        body = {
            "name": "b",
            "platform": "shopify",
            "settings": {"shop_domain": "b.myshopify.com"},
            "credentials": {"access_token": "shpat_" + "0" * 32},
        }
        made = await client.post(
            "/api/v1/connectors/", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        connector = made.json()["id"]
        url = f"/api/v1/connectors/{connector}/sync/push-stock"

        async def post() -> None:
            answer = await client.post(url)
            assert answer.status_code == 202, answer.text

        async def null_call() -> None:
            await client.get("/null")

        async def statement() -> None:
            async with database.connection() as connection:
                await connection.execute(STATEMENT, new_id(), account, uuid4())

        times = await _in_turn({"post": post, "null": null_call, "statement": statement}, database)
    await database.close()
    p50 = {name: statistics.median(found) for name, found in times.items()}
    ratio = p50["post"] / (p50["null"] + p50["statement"])
    detail = f"p50: POST {p50['post'] * 1e3:.2f} ms, null endpoint {p50['null'] * 1e3:.2f} ms, statement {p50['statement'] * 1e3:.2f} ms; {ROUNDS} of each in turn"
    return [Figure("accepting a job", ratio, 1.5, lower_is_better=True, unit="×", detail=detail)]


async def _end_turn(database: Database) -> None:
    """So that the next POST makes a job of its own instead of joining this one."""
    async with database.connection() as connection:
        await connection.execute("UPDATE jobs SET planning = 'done', sending_done = true WHERE NOT sending_done")


async def _in_turn(what: dict[str, Callable[[], Awaitable[object]]], database: Database) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in what}
    for number in range(ROUNDS + 20):
        for name, act in what.items():
            started = time.perf_counter()
            await act()
            if number >= 20:
                times[name].append(time.perf_counter() - started)
        await _end_turn(database)
    return times
