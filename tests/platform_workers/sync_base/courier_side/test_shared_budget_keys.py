"""Which connectors share a budget: those whose key is the same in all of its fields."""

import pytest
from platform_workers.sync_base.courier_side.fake_platform import manifest

from pixee_common.clock import FakeClock
from pixee_common.crypto import Credentials
from pixee_common.db import Database
from pixee_common.platforms.manifest import BudgetScope, DailyBudget, Manifest, TokenBucketBudget
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.connector_budgets import SharedBudgets, key_of

APP = BudgetScope.APPLICATION


def declared(*budgets) -> Manifest:
    return Manifest.model_validate({**manifest().model_dump(), "budgets": [b.model_dump() for b in budgets]})


async def test_connectors_with_the_same_key_share_and_the_key_is_no_secret():
    clock = FakeClock()
    shared = SharedBudgets(Database("postgresql://nobody@127.0.0.1:1/none", name="never opened"), clock)
    by_token = TokenBucketBudget(name="k", rate=1, burst=1, scope=APP, key_field="token")
    everybody = TokenBucketBudget(name="all", rate=1, burst=1, scope=BudgetScope.ADDRESS)
    own = TokenBucketBudget(name="own", rate=1, burst=1)
    platform = declared(by_token, everybody, own)
    settings = ConnectorSettings(address="a.fake.test")
    one, same, other = (shared.of(platform, settings, Credentials({"token": t})) for t in ("x", "x", "y"))
    assert set(one) == {"k", "all"}
    assert one["k"] is same["k"]
    assert one["k"] is not other["k"]
    assert one["all"] is other["all"]
    assert len(key_of("secret")) == 64
    assert "secret" not in key_of("secret")
    assert key_of("") == ""
    by_setting = declared(TokenBucketBudget(name="k", rate=1, burst=1, scope=APP, key_field="shop"))
    far = ConnectorSettings(address="b.fake.test")
    assert shared.of(by_setting, settings, {})["k"] is not shared.of(by_setting, far, {})["k"]
    both = declared(
        TokenBucketBudget(name="k", rate=1, burst=1, scope=BudgetScope.SELLER, key_field="shop", key_also=("token",))
    )
    pools = {
        (where.address, token): shared.of(both, where, {"token": token})["k"]
        for where in (settings, far)
        for token in "xy"
    }
    assert len({id(pool) for pool in pools.values()}) == 4, "connectors share where the whole key is the same"
    assert shared.of(both, settings, {"token": "x"})["k"] is pools["a.fake.test", "x"]
    await shared.close()


def test_a_key_that_no_field_holds_is_refused():
    with pytest.raises(ValueError, match="no credential or setting nowhere"):
        declared(TokenBucketBudget(name="k", rate=1, burst=1, scope=APP, key_field="nowhere"))
    with pytest.raises(ValueError, match="no credential or setting elsewhere"):
        declared(
            TokenBucketBudget(name="k", rate=1, burst=1, scope=APP, key_field="token", key_also=("elsewhere", "token"))
        )
    with pytest.raises(ValueError, match="adds to a key_field"):
        TokenBucketBudget(name="k", rate=1, burst=1, scope=APP, key_also=("token",))
    with pytest.raises(ValueError, match="the same name"):
        declared(TokenBucketBudget(name="k", rate=1, burst=1), DailyBudget(name="k", limit=1))
