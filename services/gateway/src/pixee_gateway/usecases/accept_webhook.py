"""Keep a shop's webhook for a worker to judge: the gateway cannot verify it, since only workers open secrets (docs/adr/0011)."""

from dataclasses import dataclass
from uuid import UUID

from pixee_common.db import Database
from pixee_gateway.problems import not_found

_ACCEPT = "SELECT accept_webhook($1, $2, $3, $4, $5, $6)"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in; nothing of it is believed yet."""

    topic: str
    delivery_id: str
    signature: str
    body: bytes


class AcceptWebhook:
    """One statement, no account: the connector names it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, connector_id: UUID, platform: str, delivery: Delivery) -> None:
        """Raises a 404 problem. A delivery beyond the most that are kept is dropped: those before it ask for the same pull."""
        async with self._database.connection() as connection:
            verdict = await connection.fetchval(
                _ACCEPT, connector_id, platform, delivery.topic, delivery.delivery_id, delivery.signature, delivery.body
            )
        if verdict == "no_connector":
            raise not_found("connector")
