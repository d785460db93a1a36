"""Who shares which of Amazon's limits (sheet, "Rate limits and retries": one bucket for each operation, seller and application)."""

from collections.abc import Mapping
from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import SETTINGS
from platform_workers.platforms.amazon_sp_api.conftest import CREDENTIALS

from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.platforms.manifest import BudgetScope, TokenBucketBudget
from pixee_simulators.amazon_sp_api.buckets import APPLICATION_RATES, RATES
from pixee_workers.platforms.amazon_sp_api.manifest import MANIFEST
from pixee_workers.sync_base.connector_budgets import SharedBudgets

OTHERS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, str]]] = {
    "another seller": ({"extra": {"seller_id": "A2OTHER"}}, {}),
    "another application": ({}, {"lwa_client_id": "amzn1.application-oa2-client.two"}),
    "another region": ({"address": "sellingpartnerapi-na.amazon.com"}, {}),
}


def _pools(shared: SharedBudgets, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> dict[str, Any]:
    extra = {**SETTINGS.extra, **settings.get("extra", {})}
    made = SETTINGS.model_copy(update={**settings, "extra": extra})
    return shared.of(MANIFEST, made, {**CREDENTIALS, **credentials})


@pytest.fixture
def shared() -> SharedBudgets:
    """Nothing is leased in these tests, so the database is never opened."""
    return SharedBudgets(Database("postgresql://nobody@127.0.0.1:1/none", name="never opened"), SystemClock())


def test_two_marketplaces_of_one_seller_spend_the_same_buckets(shared: SharedBudgets) -> None:
    france = _pools(shared, {}, {})
    germany = _pools(shared, {"extra": {"marketplace_id": "A1PA6795UKMFR9"}}, {"refresh_token": "Atzr|given-later"})
    assert {name: pool is germany[name] for name, pool in france.items()} == dict.fromkeys(france, True)
    assert len(france) == len(MANIFEST.budgets)


@pytest.mark.parametrize("what", OTHERS)
def test_somebody_else_spends_buckets_of_his_own(shared: SharedBudgets, what: str) -> None:
    here, there = _pools(shared, {}, {}), _pools(shared, *OTHERS[what])
    of_seller = {budget.name for budget in MANIFEST.budgets if _scope(budget) is BudgetScope.SELLER}
    assert all(here[name] is not there[name] for name in of_seller)
    of_application = here.keys() - of_seller
    assert {here[name] is there[name] for name in of_application} == {what != "another application"}


def test_every_operation_has_the_rate_that_amazon_publishes() -> None:
    """The simulator's are the sheet's, read by somebody else."""
    declared = {budget.name: budget for budget in MANIFEST.budgets}
    for name, budget in declared.items():
        assert isinstance(budget, TokenBucketBudget)
        operation, _, whose = name.partition(":")
        rates = APPLICATION_RATES if whose == "application" else RATES
        assert (budget.rate, budget.burst) == pytest.approx(rates[operation if whose == "application" else name]), name


def _scope(budget: Any) -> BudgetScope:
    found: BudgetScope = budget.scope
    return found
