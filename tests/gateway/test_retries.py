"""Retrying a job: what is taken up, what is answered, when there is nothing to retry; nothing is queued on refusal."""

import asyncio
from uuid import UUID, uuid4

import pytest
from tests_support import add_products

from pixee_common.domain.ids import new_id

pytestmark = pytest.mark.stack

Outcomes = list[tuple[UUID, str]]


async def _finished(owner, account, connector: str, operation: str, outcomes: Outcomes, state=None, **job) -> str:
    """A job that ended with these outcomes (item, outcome)."""
    job_id = new_id()
    failed = sum(outcome in {"rejected", "needs_review", "quarantined"} for _, outcome in outcomes)
    values = {"scope": None, "total": len(outcomes), "products_queued": None, "error_code": None} | job
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope, scope_hash, requested_by, state,"
            " planning, sending_done, total, failed, skipped, products_queued, error_code, finished_at)"
            " SELECT $1, $2, c.id, c.platform, $4, c.route_key, $5, '', 'test', $6, 'done', true, $7, $8, $9, $10, $11, now()"
            " FROM connectors c WHERE c.id = $3::text::uuid",
            job_id, account.id, connector, operation, values["scope"], state or "completed_with_errors", values["total"],
            failed, values["total"] - failed, values["products_queued"], values["error_code"],
        )  # fmt: skip
        await connection.executemany(
            "INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, outcome, reason, warning)"
            " VALUES ($1, $2, $3, 0, $4, 'invalid_value', $5)",
            [(job_id, item, account.id, outcome, outcome == "applied") for item, outcome in outcomes],
        )
    return str(job_id)


async def _job(owner, job_id: str):
    async with owner.connection() as connection:
        return await connection.fetchrow("SELECT * FROM jobs WHERE id = $1::text::uuid", job_id)


async def _jobs(owner, account) -> int:
    async with owner.connection() as connection:
        return await connection.fetchval("SELECT count(*) FROM jobs WHERE account_id = $1", account.id)


async def _hold(owner, account, connector: str, item: UUID, operation: str = "push_products", version: int = 1) -> None:
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, catalog_version, failures, failure_reason)"
            " VALUES ($1::text::uuid, $2, $3, $4, $5, 3, 'invalid_value')",
            connector, item, operation, account.id, version,
        )  # fmt: skip


async def test_a_retry_takes_up_what_failed_and_leaves_what_is_in_quarantine(account, owner) -> None:
    connector = await account.connector()
    ids = await add_products(owner, account.id, 6)
    outcomes = list(
        zip(ids, ["rejected", "needs_review", "quarantined", "quarantined", "skipped", "applied"], strict=True)
    )
    await _hold(owner, account, connector, ids[2])
    old = await _finished(owner, account, connector, "push_products", outcomes)
    answer = await account.manager.post(f"/api/v1/jobs/{old}/retry")
    new = answer.json()["job_id"]
    assert answer.status_code == 202
    assert answer.json() == {"job_id": new, "status": "queued", "products_queued": 3, "quarantined": 1}
    assert answer.headers["location"] == f"/api/v1/jobs/{new}"
    row = await _job(owner, new)
    assert (row["retry_of"], row["scope"], row["operation"]) == (UUID(old), {"retry_of": old}, "push_products")
    assert (await account.reader.get(f"/api/v1/jobs/{new}")).json()["retry_of"] == old
    async with owner.connection() as connection:
        audit = await connection.fetchrow(
            "SELECT action, details FROM audit_log WHERE account_id = $1 AND target = $2", account.id, old
        )
        bells = await connection.fetchval(
            "SELECT count(*) FROM outbox WHERE topic = 'pixee.sync.requested.v1' AND convert_from(payload, 'UTF8')::jsonb->>'job_id' = $1",
            new,
        )
    assert (audit["action"], audit["details"]["job_id"], bells) == ("job.retried", new, 1)


async def test_a_retry_that_is_queued_answers_for_all_that_follow(account, owner) -> None:
    connector = await account.connector()
    (item,) = await add_products(owner, account.id, 1)
    old = await _finished(owner, account, connector, "push_products", [(item, "rejected")], "failed")
    answers = await asyncio.gather(*(account.manager.post(f"/api/v1/jobs/{old}/retry") for _ in range(20)))
    assert {one.status_code for one in answers} == {202}
    (job,) = {one.json()["job_id"] for one in answers}
    assert {one.json()["products_queued"] for one in answers} == {1}
    assert await _jobs(owner, account) == 2
    async with owner.transaction() as connection:
        await connection.execute("UPDATE jobs SET planning = 'begun' WHERE id = $1::text::uuid", job)
    assert (await account.manager.post(f"/api/v1/jobs/{old}/retry")).json()["job_id"] != job


async def test_a_retry_of_stock_answers_with_the_body_of_a_stock_push(account, owner) -> None:
    connector = await account.connector()
    old = await _finished(owner, account, connector, "push_stock", [(uuid4(), "rejected")], "failed")
    answer = await account.manager.post(f"/api/v1/jobs/{old}/retry")
    assert (answer.status_code, set(answer.json())) == (202, {"job_id", "status", "quarantined"})


async def test_only_a_finished_job_of_which_something_failed_is_retried(account, owner) -> None:
    connector = await account.connector()
    (item,) = await add_products(owner, account.id, 1)
    running = (await account.manager.post(f"/api/v1/connectors/{connector}/sync/push-products")).json()["job_id"]
    early = await account.manager.post(f"/api/v1/jobs/{running}/retry")
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    good = await _finished(owner, account, connector, "push_products", [(item, "applied")], "completed")
    assert (await account.manager.post(f"/api/v1/jobs/{good}/retry")).json()["code"] == "nothing_failed"
    pulled = await _finished(owner, account, connector, "pull_products", [], "completed")
    assert (await account.manager.post(f"/api/v1/jobs/{pulled}/retry")).json()["code"] == "nothing_failed"
    await _hold(owner, account, connector, item)
    held = await _finished(owner, account, connector, "push_products", [(item, "quarantined")], "failed")
    answer = await account.manager.post(f"/api/v1/jobs/{held}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_failed")
    assert "quarantine" in answer.json()["detail"]
    assert await _jobs(owner, account) == 4


async def test_what_was_released_or_corrected_since_is_taken_up_again(account, owner) -> None:
    connector = await account.connector()
    corrected, released = await add_products(owner, account.id, 2)
    await _hold(owner, account, connector, corrected)
    await _hold(owner, account, connector, released)
    outcomes = [(corrected, "quarantined"), (released, "quarantined")]
    old = await _finished(owner, account, connector, "push_products", outcomes, "failed")
    async with owner.transaction() as connection:
        await connection.execute("UPDATE products SET content_version = 2 WHERE id = $1", corrected)
    await account.manager.post(
        f"/api/v1/connectors/{connector}/quarantine/release", json={"product_ids": [str(released)]}
    )
    answer = await account.manager.post(f"/api/v1/jobs/{old}/retry")
    assert (answer.json()["products_queued"], answer.json()["quarantined"]) == (2, 0)


async def test_a_key_replays_its_answer_when_what_was_taken_up_is_held_back_by_now(account, owner) -> None:
    connector = await account.connector()
    (item,) = await add_products(owner, account.id, 1)
    old = await _finished(owner, account, connector, "push_products", [(item, "quarantined")], "failed")
    url, key = f"/api/v1/jobs/{old}/retry", {"Idempotency-Key": uuid4().hex}
    first = await account.manager.post(url, headers=key)
    assert first.status_code == 202
    await _hold(owner, account, connector, item)
    assert (await account.manager.post(url, headers=key)).json() == first.json()
    assert (await account.manager.post(url)).json()["code"] == "nothing_failed"


async def test_a_pull_and_a_job_that_was_never_planned_are_made_again_as_they_were_asked_for(account, owner) -> None:
    connector = await account.connector()
    (item,) = await add_products(owner, account.id, 1)
    pulled = await _finished(
        owner, account, connector, "pull_products", [(uuid4(), "needs_review")], scope={"mode": "full"}
    )
    pull = (await account.manager.post(f"/api/v1/jobs/{pulled}/retry")).json()["job_id"]
    row = await _job(owner, pull)
    assert (row["scope"], row["retry_of"]) == ({"mode": "full", "repeats": pulled}, UUID(pulled))
    scope = {"product_ids": [str(item)]}
    expired = await _finished(
        owner, account, connector, "push_products", [], "failed", scope=scope, error_code="expired", products_queued=1
    )
    answer = (await account.manager.post(f"/api/v1/jobs/{expired}/retry")).json()
    row = await _job(owner, answer["job_id"])
    assert (row["scope"], answer["products_queued"]) == ({**scope, "repeats": expired}, 1)


async def test_the_same_key_gives_the_same_answer_and_the_rules_of_a_sync_hold(account, owner) -> None:
    connector = await account.connector()
    (item,) = await add_products(owner, account.id, 1)
    old = await _finished(owner, account, connector, "push_products", [(item, "rejected")], "failed")
    url, key = f"/api/v1/jobs/{old}/retry", {"Idempotency-Key": uuid4().hex}
    await account.manager.post(f"/api/v1/connectors/{connector}/pause")
    assert (await account.manager.post(url, headers=key)).json()["code"] == "connector_paused"
    await account.manager.post(f"/api/v1/connectors/{connector}/resume")
    first = await account.manager.post(url, headers=key)
    async with owner.transaction() as connection:
        await connection.execute(
            "UPDATE jobs SET planning = 'done', sending_done = true WHERE account_id = $1", account.id
        )
    again = await account.manager.post(url, headers=key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    other = await account.manager.post(url, headers=key, json={})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
