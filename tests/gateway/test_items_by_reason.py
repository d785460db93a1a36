"""A reason that few items of a large job have is found without reading the job's every item."""

from uuid import UUID

import pytest

from pixee_common.domain.ids import new_id
from pixee_gateway.usecases.job_items import JobItems

pytestmark = pytest.mark.stack

CHUNKS = 200
RARE_IN = (7, 150)


async def _job(owner, account: UUID, connector: UUID) -> UUID:
    """Each chunk's last item failed, its first one was unchanged, its second one went through with a warning in the rare chunks."""
    job = new_id()
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, state,"
            " planning, total, succeeded, failed, skipped, finished_at) VALUES ($1, $2, $3, 'shopify', 'push_products', 'r', '',"
            " 't', 'completed_with_errors', 'done', $4 * 10, $4 * 8, $4, $4, now())",
            *(job, account, connector, CHUNKS),
        )
        await connection.execute(
            "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,"
            " item_ids, letters, size, state) SELECT $1, n, $2, $3, 'shopify', 'push_products', 'r', 2, 1,"
            " (SELECT array_agg(gen_random_uuid()) FROM generate_series(1, 10) WHERE n >= 0), 's' || repeat('a', 8) || 'r', 10,"
            " 'done' FROM generate_series(0, $4 - 1) n",
            *(job, account, connector, CHUNKS),
        )
        await connection.execute(
            "INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, outcome, reason)"
            " SELECT job_id, item_ids[10], account_id, no, 'rejected', 'missing_field' FROM chunks WHERE job_id = $1",
            job,
        )
        await connection.execute(
            "INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, outcome, reason, warning)"
            " SELECT job_id, item_ids[2], account_id, no, 'applied', 'ean_shared', true FROM chunks"
            " WHERE job_id = $1 AND no = ANY ($2::int[])",
            *(job, list(RARE_IN)),
        )
    return job


async def test_only_chunks_that_hold_the_reason_are_read(make_account, owner, monkeypatch) -> None:
    account = await make_account()
    job = await _job(owner, account.id, UUID(await account.connector()))
    read = 0
    items = JobItems._items

    async def counted(connection, job_id, operation, wanted):
        nonlocal read
        read += len(wanted)
        return await items(connection, job_id, operation, wanted)

    monkeypatch.setattr(JobItems, "_items", staticmethod(counted))
    path = f"/api/v1/jobs/{job}/items"
    rare = (await account.reader.get(f"{path}?reason=ean_shared")).json()
    assert ([item["outcome"] for item in rare["items"]], rare["next_cursor"]) == (["applied", "applied"], None)
    assert read == 10 * len(RARE_IN)

    for wanted in ("reason=missing_field", "reason=unchanged", "state=failed&reason=missing_field"):
        cursor, found = "", []
        while cursor is not None:
            page = (await account.reader.get(f"{path}?{wanted}&limit=70{cursor and '&cursor='}{cursor}")).json()
            found += [item["item_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert len(found) == len(set(found)) == CHUNKS, wanted
    for nothing in ("reason=expired", "state=failed&reason=unchanged", "state=succeeded&reason=missing_field"):
        assert (await account.reader.get(f"{path}?{nothing}")).json() == {"items": [], "next_cursor": None}
