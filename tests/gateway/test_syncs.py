"""Accepting a sync: the documented bodies, odd product ids, single flight, idempotency, the queue's end; nothing queued on refusal."""

import asyncio
from uuid import uuid4

import pytest
from tests_support import add_products

pytestmark = pytest.mark.stack


async def _queued(owner, account) -> int:
    async with owner.connection() as connection:
        jobs = await connection.fetchval("SELECT count(*) FROM jobs WHERE account_id = $1", account.id)
        bells = await connection.fetchval(
            "SELECT count(*) FROM outbox WHERE topic = 'pixee.sync.requested.v1' AND convert_from(payload, 'UTF8')::jsonb->>'account_id' = $1",
            str(account.id),
        )
    assert jobs == bells
    return jobs


async def test_the_four_syncs_answer_as_documented(account, owner) -> None:
    connector = await account.connector()
    ids = await add_products(owner, account.id, 3)
    base = f"/api/v1/connectors/{connector}/sync"
    push = await account.manager.post(f"{base}/push-products", json={"product_ids": [str(i) for i in ids[:2]]})
    assert push.status_code == 202
    assert push.json() == {"job_id": push.json()["job_id"], "status": "queued", "products_queued": 2}
    assert push.headers["location"] == f"/api/v1/jobs/{push.json()['job_id']}"
    for path in ("pull-products", "push-stock", "push-prices"):
        answer = await account.manager.post(f"{base}/{path}")
        assert (answer.status_code, set(answer.json())) == (202, {"job_id", "status"})
    whole = await account.manager.post(f"{base}/push-products")
    assert whole.json()["products_queued"] == 3
    job = (await account.reader.get(f"/api/v1/jobs/{push.json()['job_id']}")).json()
    assert (job["state"], job["operation"], job["total"], job["open"]) == ("queued", "push_products", 0, 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"product_ids": []}', "invalid_request"),
        (b'{"product_ids": "all"}', "invalid_request"),
        (b'{"product_ids": ["1"]}', "invalid_request"),
        (b'{"product_ids": [null]}', "invalid_request"),
        (b'{"product_ids": {}}', "invalid_request"),
        (b'{"product_idz": null}', "invalid_request"),
        (b"[]", "invalid_request"),
        (b'"x"', "invalid_request"),
        (b'{"product_ids": ', "invalid_request"),
        (b"\xff\xfe", "invalid_request"),
    ],
)
async def test_an_odd_body_is_refused_with_a_pointer_and_queues_nothing(account, owner, body, code) -> None:
    connector = await account.connector()
    answer = await account.manager.post(
        f"/api/v1/connectors/{connector}/sync/push-products", content=body, headers={"Content-Type": "application/json"}
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"], answer.headers["content-type"]) == (
        422,
        code,
        "application/problem+json",
    )
    assert problem["errors"][0]["pointer"].startswith("#")
    assert await _queued(owner, account) == 0


async def test_unknown_and_foreign_products_are_listed_and_queue_nothing(account, make_account, owner) -> None:
    connector = await account.connector()
    other = await make_account()
    foreign = (await add_products(owner, other.id, 1))[0]
    own = (await add_products(owner, account.id, 1))[0]
    answer = await account.manager.post(
        f"/api/v1/connectors/{connector}/sync/push-products",
        json={"product_ids": [str(own), str(foreign), str(unknown := uuid4())]},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_products")
    assert {e["detail"].rsplit(" ", 1)[1] for e in answer.json()["errors"]} == {str(foreign), str(unknown)}
    assert await _queued(owner, account) == 0


async def test_over_ten_thousand_ids_and_over_a_megabyte_are_told_apart(account, owner) -> None:
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/sync/push-products"
    many = await account.manager.post(url, json={"product_ids": [str(uuid4())] * 10_001})
    assert many.status_code == 422
    assert "omit the field" in many.json()["detail"]
    huge = await account.manager.post(url, content=b" " * 1_000_001, headers={"Content-Type": "application/json"})
    assert (huge.status_code, huge.json()["code"]) == (413, "too_large")
    assert await _queued(owner, account) == 0


async def test_duplicate_ids_are_collapsed(account, owner) -> None:
    connector = await account.connector()
    one = str((await add_products(owner, account.id, 1))[0])
    answer = await account.manager.post(
        f"/api/v1/connectors/{connector}/sync/push-products", json={"product_ids": [one, one, one.upper()]}
    )
    assert answer.json()["products_queued"] == 1


async def test_two_hundred_equal_posts_at_once_are_one_job(account, owner) -> None:
    connector = await account.connector()
    answers = await asyncio.gather(
        *(account.manager.post(f"/api/v1/connectors/{connector}/sync/push-stock") for _ in range(200))
    )
    assert {a.status_code for a in answers} == {202}
    assert len({a.json()["job_id"] for a in answers}) == 1
    assert await _queued(owner, account) == 1


async def test_the_hundred_and_first_queued_job_is_refused_with_a_time(account, owner) -> None:
    connector = await account.connector()
    ids = await add_products(owner, account.id, 101)
    url = f"/api/v1/connectors/{connector}/sync/push-products"
    for one in ids[:100]:
        assert (await account.manager.post(url, json={"product_ids": [str(one)]})).status_code == 202
    last = await account.manager.post(url, json={"product_ids": [str(ids[100])]})
    assert (last.status_code, last.json()["code"]) == (429, "too_many_queued")
    assert int(last.headers["retry-after"]) > 0
    assert (await account.manager.post(url.replace("products", "stock"))).status_code == 202


async def test_an_idempotency_key_replays_the_answer_and_refuses_another_body(account, owner) -> None:
    connector = await account.connector()
    ids = [str(i) for i in await add_products(owner, account.id, 2)]
    url = f"/api/v1/connectors/{connector}/sync/push-products"
    key = {"Idempotency-Key": uuid4().hex}
    first = await account.manager.post(url, json={"product_ids": ids[:1]}, headers=key)
    async with owner.transaction() as connection:
        await connection.execute(
            "UPDATE jobs SET planning = 'done', sending_done = true WHERE account_id = $1", account.id
        )
    again = await account.manager.post(url, json={"product_ids": ids[:1]}, headers=key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    other = await account.manager.post(url, json={"product_ids": ids[1:]}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = await account.manager.post(url.replace("products", "stock"), headers=key)
    assert elsewhere.status_code == 202
    assert elsewhere.json()["job_id"] != first.json()["job_id"]


async def test_a_key_that_is_being_used_answers_409(account, owner) -> None:
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/sync/push-stock"
    async with owner.transaction() as connection:
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", f"{account.id}POST {url}same-key"
        )
        answer = await account.manager.post(url, headers={"Idempotency-Key": "same-key"})
    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
    assert await _queued(owner, account) == 0


async def test_a_paused_connector_answers_409_until_it_is_resumed(account, owner) -> None:
    connector = await account.connector()
    paused = await account.manager.post(f"/api/v1/connectors/{connector}/pause")
    assert paused.json()["status"] == "paused"
    url = f"/api/v1/connectors/{connector}/sync/push-prices"
    assert (await account.manager.post(url)).json()["code"] == "connector_paused"
    assert await _queued(owner, account) == 0
    await account.manager.post(f"/api/v1/connectors/{connector}/resume")
    assert (await account.manager.post(url)).status_code == 202


async def test_pull_takes_a_mode_and_nothing_else(account) -> None:
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/sync/pull-products"
    assert (await account.manager.post(url, json={"mode": "full"})).status_code == 202
    assert (await account.manager.post(url, json={"mode": "everything"})).status_code == 422
    assert (await account.manager.post(url, json={"product_ids": [str(uuid4())]})).status_code == 422
