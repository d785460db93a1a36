"""A crash is boring: kill -9 of each process, of the broker, a restart of PostgreSQL, an emptied broker; the shop's log is the judge."""

import pytest
from chaos.run import Hurt, Run, hurts
from system.harness import running_system, simple_product

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1500)]


async def _shop(system, platform: str, products: int, **limits):
    account = await system.account()
    await account.catalog((simple_product(n) for n in range(products)), seconds=600)
    shop = await account.shop(platform)
    await shop.limits(**limits)
    return shop


async def test_shopify_with_every_process_killed_once(tmp_path, products: int) -> None:
    async with running_system(tmp_path, simulators=("shopify",)) as system:
        shop = await _shop(system, "shopify", products, maximumAvailable=4000, restoreRate=2000, latency_ms=60)
        run = Run(system, shop, products, hurts(system))
        await run.judge(await run.go(seconds=120 + products / 20))
        assert await system.violations() == []


async def test_woocommerce_with_every_process_killed_once_and_answers_lost(tmp_path, products: int) -> None:
    async with running_system(tmp_path, simulators=("woocommerce",)) as system:
        shop = await _shop(system, "woocommerce", products, latency_ms=600)
        rule = {"kind": "reset_after_commit", "match": {"host": shop.host, "kind": "write"}, "rate": 0.02}
        await system.control("woocommerce", "POST", "faults", json=[rule])
        run = Run(system, shop, products, hurts(system))
        job = await run.go(seconds=120 + products / 20)
        await system.control("woocommerce", "DELETE", "faults")
        await run.judge(job)
        assert await system.violations() == []


async def test_a_broker_emptied_in_the_middle_and_before_planning_loses_no_job(tmp_path, products: int) -> None:
    async with running_system(tmp_path, simulators=("shopify",)) as system:
        assert system.stack.kafka is not None
        kafka = system.stack.kafka
        shop = await _shop(system, "shopify", products // 2, maximumAvailable=4000, restoreRate=2000, latency_ms=60)
        run = Run(system, shop, products // 2, [Hurt("broker emptied", 0.3, lambda: kafka.empty(crash=True))])
        await run.judge(await run.go(seconds=120 + products / 20))

        orchestrator = system.stack.processes["orchestrator"]
        await orchestrator.kill()
        late = await _later_shop(system, shop)
        job_id = await late.sync("push-products")
        await kafka.empty(crash=True)
        await orchestrator.start()
        job = await late.account.finished(job_id, seconds=240)
        assert (job["state"], job["succeeded"]) == ("completed", products // 2)


async def _later_shop(system, shop):
    late = await shop.account.shop("shopify")
    await late.limits(maximumAvailable=4000, restoreRate=2000)
    return late
