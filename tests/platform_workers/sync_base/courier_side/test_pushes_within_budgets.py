"""What budgets do to a chunk: halved where a call would be too dear, parked where the wait is long, shared across connectors."""

from datetime import timedelta

import pytest
from platform_workers.sync_base.courier_side.fake_platform import BUDGET, FakeAdapter, manifest

from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import (
    BudgetScope,
    CostBudget,
    DailyBudget,
    Manifest,
    SlotBudget,
    TokenBucketBudget,
)
from pixee_workers.sync_base.calls import BudgetReading

pytestmark = pytest.mark.stack

STOCK = Operation.PUSH_STOCK


def with_budget(budget) -> Manifest:
    return Manifest.model_validate({**manifest().model_dump(), "budgets": [budget.model_dump()]})


class Dear(FakeAdapter):
    """Every piece in stock costs a point, and each answer tells how many points there are at most."""

    def __init__(self, maximum: float) -> None:
        super().__init__(with_budget(CostBudget(name=BUDGET, maximum=2000, restore=1000)))
        self.maximum = maximum
        self.spent: list[float] = []

    async def submit(self, operation, items, context):
        cost = sum(mapped.item.quantity for mapped in items)
        inner = context.call

        async def call(request):
            self.spent.append(cost)
            return await inner(type(request)(**{**_fields(request), "spend": {BUDGET: cost}}))

        context.call = call
        return await super().submit(operation, items, context)

    def observe(self, answer):
        return [BudgetReading(BUDGET, maximum=self.maximum)]


def _fields(request) -> dict:
    return {name: getattr(request, name) for name in request.__slots__}


async def stocked(b, *quantities: int) -> list:
    variants = []
    for n, quantity in enumerate(quantities):
        product, (variant,) = await b.rows.add_product(f"P{n}", quantity=quantity)
        await b.rows.list_item(product, product, "product", f"p{n}")
        await b.rows.list_item(variant, product, "variant", f"v{n}")
        variants.append(variant)
    return variants


async def test_a_call_dearer_than_the_whole_bucket_is_halved_and_a_single_item_is_rejected(bench):
    b = await bench(Dear(maximum=1000))
    first, *others, monster = await stocked(b, 10, 400, 400, 400, 400, 1200)
    assert (await b.push(STOCK, [first])).letters == "a"
    result = await b.push(STOCK, [*others, monster])
    assert result.letters == "aaaar"
    assert result.wait is None
    assert [(issue.item_id, issue.reason) for issue in result.issues] == [(monster, ReasonCode.TOO_BIG)]
    assert "costs 1200" in result.issues[0].message
    assert "1000" in result.issues[0].message
    sent = [sum(item.quantity for item in items) for items in b.adapter.submitted[1:]]
    assert sent.count(800) >= 1


@pytest.mark.parametrize("scope", [BudgetScope.ROUTE, BudgetScope.APPLICATION])
@pytest.mark.parametrize(
    ("budget", "reason", "seconds"),
    [
        (SlotBudget(name=BUDGET, interval_seconds=900), ReasonCode.THROTTLED, (880, 901)),
        (DailyBudget(name=BUDGET, limit=1), ReasonCode.DAILY_LIMIT, (1, 86_600)),
        (TokenBucketBudget(name=BUDGET, rate=0.01, burst=1), ReasonCode.THROTTLED, (90, 103)),
    ],
)
async def test_a_long_wait_is_written_into_the_chunk_and_not_slept(bench, owner, budget, reason, seconds, scope):
    async with owner.connection() as connection:
        await connection.execute("DELETE FROM shared_budgets")
    b = await bench(FakeAdapter(with_budget(budget.model_copy(update={"scope": scope}))))
    one, two = await stocked(b, 1, 2)
    try:
        assert (await b.push(STOCK, [one])).letters == "a"
        before = b.wiring.clock.now()
        result = await b.push(STOCK, [two])
    finally:
        await b.courier.close()
    assert result.wait is not None
    assert result.wait.reason is reason
    least, most = (timedelta(seconds=n) for n in seconds)
    assert least <= result.wait.until - before <= most + timedelta(seconds=1)
    assert len(b.adapter.submitted) == 2
    assert len(b.shop.seen) == 1


async def test_connectors_of_one_application_share_over_workers(bench, owner):
    async with owner.connection() as connection:
        await connection.execute("DELETE FROM shared_budgets")
    slot = SlotBudget(name=BUDGET, interval_seconds=900, scope=BudgetScope.APPLICATION, key_field="shop")
    first = await bench(FakeAdapter(with_budget(slot)))
    second = await bench(FakeAdapter(with_budget(slot)))
    try:
        (one,), (two,) = await stocked(first, 1), await stocked(second, 1)
        assert (await first.push(STOCK, [one])).letters == "a"
        assert (await second.push(STOCK, [two])).wait is not None
    finally:
        await first.courier.close()
        await second.courier.close()
    async with owner.connection() as connection:
        keys = await connection.fetch("SELECT platform, name, key FROM shared_budgets")
    assert [(row["platform"], row["name"], len(row["key"])) for row in keys] == [("fake", BUDGET, 64)]
