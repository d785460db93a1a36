"""A dead letter is kept once for each message, also where two messages of two lives of the broker stood at the same place."""

import pytest

from pixee_common.db import Connection, Database
from pixee_common.delivery.dead_letters import set_aside

pytestmark = pytest.mark.stack

TOPIC = "pixee.catalog.changed.v1"
KEPT = "SELECT payload FROM dead_letters WHERE topic = $1 AND message = 'of this test' ORDER BY id"


async def test_a_message_at_a_place_of_an_emptied_broker_is_kept_beside_the_older_one(owner: Database, as_role) -> None:
    async def keep(connection: Connection, payload: bytes) -> None:
        await set_aside(
            connection, topic=TOPIC, partition=0, offset=987_654_321, key=b"k", payload=payload, headers={},
            reason="unreadable", message="of this test", source="test",
        )  # fmt: skip

    try:
        worker = as_role("worker")
        for payload in (b"before", b"before", b"after", b"after", b"before"):
            await worker.run(lambda connection, one=payload: keep(connection, one))
        kept = await owner.run(lambda connection: connection.fetch(KEPT, TOPIC))
        assert [row["payload"] for row in kept] == [b"before", b"after"]
    finally:
        await owner.run(lambda c: c.execute("DELETE FROM dead_letters WHERE message = 'of this test'"))
        await owner.run(lambda c: c.execute("DELETE FROM outbox WHERE topic = 'pixee.sync.dead-letter.v1'"))
