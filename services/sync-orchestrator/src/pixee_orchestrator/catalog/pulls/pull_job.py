"""The pull job whose page is applied, with what of its connector a pull depends on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pixee_common.db import Connection
from pixee_common.domain.mapping import ANYTHING

__all__ = ["PullJob", "read_job"]

READ_JOB = """
SELECT j.id, j.account_id, j.connector_id, j.platform, j.route_key, j.position, j.started_at, j.traceparent,
       j.finished_at IS NOT NULL AS finished, j.cancel_requested_at IS NOT NULL AS cancelled, j.error_code IS NOT NULL AS broken_off,
       n.settings, n.shop_currency, n.shop_identity, m.body AS mapping
FROM jobs j JOIN connectors n ON n.id = j.connector_id LEFT JOIN mappings m ON m.connector_id = n.id WHERE j.id = $1
"""


@dataclass(frozen=True, slots=True)
class PullJob:
    """As it stood when the page was taken up."""

    id: UUID
    account_id: UUID
    connector_id: UUID
    platform: str
    route_key: str
    position: int
    started_at: datetime | None
    traceparent: str | None
    finished: bool
    cancelled: bool
    broken_off: bool
    """It has failed already: pages that were read ahead of that are not applied any more."""
    settings: dict[str, Any]
    shop_currency: str | None
    shop_identity: str
    mapping: dict[str, Any] | None
    """What the merchant mapped: it goes before the settings, as in a push."""

    @property
    def source(self) -> str:
        """The origin of everything that this pull changes."""
        return f"pull:{self.connector_id}"

    @property
    def currency(self) -> str | None:
        """Of the shop's prices; null where nobody knows, or where the merchant says otherwise than the shop."""
        wanted: str | None = self.settings.get("currency") or None
        if wanted and self.shop_currency and wanted != self.shop_currency:
            return None
        return wanted or self.shop_currency

    @property
    def locale(self) -> str | None:
        """The language of the shop's texts."""
        return self._mapped("locale") or self.settings.get("locale") or None

    @property
    def channel(self) -> str | None:
        """Whose price lists apply at this shop."""
        return self._mapped("channel") or self.settings.get("channel") or None

    @property
    def price_list(self) -> str | None:
        """The key of the price list whose prices are sent to this shop."""
        return self._mapped("price_list") or None

    @property
    def locations(self) -> frozenset[str]:
        """Our locations whose stock is sent to this shop; empty: all."""
        if mapped := self._mapped("locations"):
            return frozenset() if ANYTHING in mapped else frozenset(mapped)
        given = self.settings.get("locations") or ""
        parts = given if isinstance(given, list) else str(given).split(",")
        return frozenset(text for part in parts if (text := str(part).strip()))

    def _mapped(self, name: str) -> Any:
        return (self.mapping or {}).get(name)

    def placeholder(self, external_id: str) -> UUID:
        """The id by which a product of the shop is known that is no product of ours (yet)."""
        return uuid5(self.connector_id, f"product:{external_id}")


async def read_job(connection: Connection, job_id: UUID) -> PullJob | None:
    """The job, or none where it is gone."""
    row = await connection.fetchrow(READ_JOB, job_id)
    return None if row is None else PullJob(**dict(row))
