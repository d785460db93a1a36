"""Products of more than 100 variants: written in the background, read by a poll."""

import orjson
from platform_workers.platforms.shopify.catalog import item, mapped, shirt
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.job import Operation
from pixee_workers.platforms.shopify import create
from pixee_workers.sync_base.outcomes import RemoteJob

MANY = tuple(f"{number:04}" for number in range(300))


async def started(shop: Shop, one) -> RemoteJob:
    submission = await shop.adapter.submit(Operation.PUSH_PRODUCTS, [mapped(one)], shop.context)
    (outcome,), (job,) = submission.outcomes, submission.remote_jobs
    assert (outcome.kind, job.kind, job.item_ids) == ("accepted", "product_set", (one.id,))
    return RemoteJob(**(orjson.loads(orjson.dumps(job)) | {"item_ids": job.item_ids}))


async def test_it_is_accepted_polled_by_another_process_and_linked_whole(shop: Shop):
    one = item(shirt(sizes=MANY))
    job = await started(shop, one)
    shop.context.memory.clear()
    assert (await create().poll(job, shop.context)).done is False
    shop.advance(60)
    result = await create().poll(job, shop.context)
    assert result.done
    (outcome,) = result.outcomes
    assert (outcome.kind, outcome.created, outcome.carried_stock, outcome.carried_price) == (
        "applied",
        True,
        True,
        True,
    )
    assert set(outcome.linked.variants) == {variant.id for variant in one.variants}
    assert len(outcome.linked.product.refs["media"]) == 2
    assert shop.adapter.weight(Operation.PUSH_PRODUCTS, one) == 300


async def test_its_refusal_is_the_items(shop: Shop):
    shop.set(planted_errors=[{"operation": "productSet", "match": "*", "code": "INVALID_VARIANT", "message": "no"}])
    one = item(shirt(sizes=MANY))
    submission = await shop.adapter.submit(Operation.PUSH_PRODUCTS, [mapped(one)], shop.context)
    outcomes = submission.outcomes
    for job in submission.remote_jobs:
        shop.advance(60)
        outcomes = (await shop.adapter.poll(job, shop.context)).outcomes
    assert [(o.kind, o.reason) for o in outcomes] == [("rejected", "invalid_value")]


async def test_an_operation_that_the_shop_forgot_sends_the_product_again(shop: Shop):
    job = await started(shop, item(shirt(sizes=MANY)))
    shop.store.operations.clear()
    shop.store.pending.clear()
    result = await shop.adapter.poll(job, shop.context)
    assert (result.done, result.outcomes[0].kind) == (True, "transient")


async def test_a_hundred_variants_are_written_while_we_wait(shop: Shop):
    submission = await shop.adapter.submit(
        Operation.PUSH_PRODUCTS, [mapped(item(shirt(sizes=MANY[:100])))], shop.context
    )
    assert submission.remote_jobs == ()
    assert len(submission.outcomes[0].linked.variants) == 100
