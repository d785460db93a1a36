"""Leases of shared budgets are counted by platform and budget: those that were taken, and those that were not to be had."""

from uuid import uuid4

import pytest

from pixee_common.clock import SystemClock
from pixee_common.platforms.manifest import TokenBucketBudget
from pixee_common.telemetry import metrics_text, setup_metrics, shutdown_metrics
from pixee_workers.sync_base.shared_budget_sql import BudgetRow

pytestmark = pytest.mark.stack


async def test_a_lease_counts_with_its_units_and_an_empty_budget_counts_as_none(as_role) -> None:
    spec = TokenBucketBudget(name="app", rate=0.001, burst=5)
    row = BudgetRow(as_role("worker"), SystemClock(), spec, ("fake", "app", str(uuid4())))
    setup_metrics("test")
    try:
        taken = (await row.lease(3, 1, 0.001, 5)).lease
        assert taken is not None
        assert (await row.lease(5, 5, 0.001, 5)).lease is None
        text = metrics_text()
    finally:
        await shutdown_metrics()
    assert 'pixee_budget_leases_total{budget="app",platform="fake",result="taken"} 1' in text
    assert 'pixee_budget_leases_total{budget="app",platform="fake",result="none"} 1' in text
    (leased,) = [line for line in text.splitlines() if line.startswith("pixee_budget_leased_total{")]
    assert float(leased.rsplit(" ", 1)[1]) == taken.amount
