"""A merchant corrects, retries and releases, on real parts; what is in quarantine costs no call by the shop's own log."""

import pytest
from system.harness import Account, Shop, simple_product
from system.shops import read_shop

from pixee_common.events.catalog import ProductUpserted

pytestmark = pytest.mark.stack

BAD = ("P-000003", "P-000007")


async def _shop_that_refuses(account: Account) -> Shop:
    shop = await account.shop(
        "shopify",
        planted_errors=[
            {"operation": "productSet", "match": "Silly", "code": "INVALID_INPUT", "message": "Title is silly"}
        ],
    )
    await shop.limits(maximumAvailable=20_000, restoreRate=2_000)
    return shop


async def _retried(account: Account, job_id: str, quarantined: int = 0) -> dict:
    answer = await account.client.post(f"/api/v1/jobs/{job_id}/retry")
    assert answer.status_code == 202, answer.text
    assert answer.json()["quarantined"] == quarantined
    job = await account.finished(answer.json()["job_id"])
    assert job["retry_of"] == job_id
    return job


def _titled(number: int, title: str) -> ProductUpserted:
    return ProductUpserted(product=simple_product(number).model_copy(update={"names": {"en": title}}))


async def test_failures_are_retried_held_back_after_three_and_let_go_when_corrected_or_released(
    account: Account,
) -> None:
    shop = await _shop_that_refuses(account)
    await account.changes([_titled(n, "Silly" if n in {3, 7} else f"Product {n}") for n in range(12)])
    first = await shop.synced("push-products")
    assert (first["state"], first["succeeded"], first["failed"]) == ("completed_with_errors", 10, 2), first
    second = await _retried(account, first["id"])
    assert (second["state"], second["total"], second["failed"]) == ("failed", 2, 2), second
    third = await _retried(account, second["id"])
    assert {item["sku"] for item in await account.items(third["id"], state="failed")} == set(BAD)

    url = f"/api/v1/connectors/{shop.connector_id}/quarantine"
    held = (await account.client.get(url)).json()["items"]
    assert {(one["sku"], one["operation"], one["failures"]) for one in held} == {
        (sku, "push_products", 3) for sku in BAD
    }
    assert all("silly" in one["message"] for one in held)
    before = (await shop.requests())[-1]["seq"]
    again = await shop.synced("push-products")
    assert (again["failed"], again["skipped"]) == (2, 10), again
    assert {item["reason"] for item in await account.items(again["id"], state="failed")} == {"quarantined"}
    assert (await shop.requests())[-1]["seq"] == before, "a call was made for what is in quarantine"
    nothing = await account.client.post(f"/api/v1/jobs/{again['id']}/retry")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_failed")

    await account.changes([_titled(3, "Sensible")])
    corrected = await _retried(account, again["id"], quarantined=1)
    assert (corrected["state"], corrected["succeeded"]) == ("completed", 1), corrected
    await account.system.control("shopify", "PUT", f"shops/{shop.host}", json={"planted_errors": []})
    released = await account.client.post(f"{url}/release")
    assert released.json() == {"released": 1}
    last = await shop.synced("push-products")
    assert (last["state"], last["succeeded"], last["skipped"]) == ("completed", 1, 11), last
    found = await read_shop(shop)
    assert (found["P-000003"].title, found["P-000007"].title, len(found)) == ("Sensible", "Silly", 12)


async def test_a_pull_that_the_shop_refuses_fails_at_once_and_can_be_made_again(account: Account) -> None:
    shop = await _shop_that_refuses(account)
    await account.changes([_titled(n, f"Product {n}") for n in range(3)])
    await shop.synced("push-products")
    refusal = {"kind": "status", "status": 430, "match": {"host": shop.host, "kind": "read"}, "times": 1}
    await account.system.control("shopify", "POST", "faults", json=[refusal])
    job = await shop.synced("pull-products", seconds=30)
    assert (job["state"], job["total"]) == ("failed", 0), job
    assert job["error"]["code"] == "refused_by_platform", job
    assert "ask its support" in job["error"]["message"]
    again = await _retried(account, job["id"])
    assert (again["state"], again["total"], again["error"]) == ("completed", 3, None), again
