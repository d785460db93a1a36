"""A connector whose shop tells us of its one product."""

import pytest
from sync_orchestrator.timers.inbox import Inbox


@pytest.fixture
async def inbox(world, database) -> Inbox:
    account = await world.account()
    connector = await world.connector(account, platform="woocommerce", currency="EUR", locale="en")
    made = Inbox(world, database, account, connector)
    await made.list_product()
    return made
