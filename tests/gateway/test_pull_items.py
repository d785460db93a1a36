"""Products of a pull that need a person are shown with what they may be, from the page that a worker staged to the answer."""

from uuid import UUID

import pytest

from pixee_common.domain.ids import new_id
from pixee_orchestrator.catalog.pulls.applying import PullPages
from pixee_orchestrator.planning.planner import Planner

pytestmark = pytest.mark.stack

EAN = "96385074"


async def test_an_ambiguous_ean_is_shown_with_every_candidate_and_advice(account, owner, as_role) -> None:
    connector = UUID(await account.connector())
    candidates = sorted(new_id() for _ in range(2))
    async with owner.transaction() as connection:
        # What other tests left in the database is not for this one's planner.
        await connection.execute(
            "UPDATE jobs SET planning = 'done', sending_done = true WHERE account_id <> $1 AND NOT sending_done",
            account.id,
        )
        await connection.execute(
            "INSERT INTO products (id, account_id, key, content, content_version, origin) "
            "SELECT id, $1, id::text, '{}', 1, 't' FROM unnest($2::uuid[]) id",
            *(account.id, candidates),
        )
        await connection.execute(
            "INSERT INTO variants (id, account_id, product_id, sku, ean, ean_key, content, price_version, price_origin, stock_version, "
            "stock_origin) SELECT id, $1, id, id::text, $3, $3, '{}', 1, 't', 1, 't' FROM unnest($2::uuid[]) id",
            *(account.id, candidates, EAN),
        )
    answer = await account.manager.post(f"/api/v1/connectors/{connector}/sync/pull-products", json={})
    assert answer.status_code == 202, answer.text
    job = UUID(answer.json()["job_id"])
    database = as_role("orchestrator")
    while await Planner(database, {}).step():
        pass
    variant = {"external_id": "v7", "ean": EAN}
    async with owner.transaction() as connection:
        await connection.execute("UPDATE chunks SET state = 'sent' WHERE job_id = $1", job)
        await connection.execute(
            "INSERT INTO pulled_pages (job_id, chunk_no, account_id, connector_id, products, requested_at) "
            "VALUES ($1, 0, $2, $3, $4, now())",
            *(job, account.id, connector, [{"external_id": "7", "title": "Chair", "variants": [variant]}]),
        )
    assert await PullPages(database, {}).apply(job, 0)
    (item,) = (await account.reader.get(f"/api/v1/jobs/{job}/items")).json()["items"]
    assert (item["outcome"], item["counts_as"], item["reason"]) == ("needs_review", "failed", "ean_ambiguous")
    assert item["candidates"] == [str(one) for one in candidates]
    assert (item["owner"], item["advice"]) == ("merchant", "Several products match; choose one by hand.")
    assert "Chair" in item["message"]
