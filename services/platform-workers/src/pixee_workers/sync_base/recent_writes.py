"""What this worker has just written to a shop and the database may not show yet.

Outcomes are committed in groups, after a submission has let its products go. Until then the next submission of the same product
would not see the listing, and create a second one. So every read is laid under what is remembered here, for a minute. What is older
is swept out each time that as much has come again as was left: now and then, however much a minute brings.
"""

from dataclasses import dataclass
from uuid import UUID

from pixee_common.clock import Clock
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.items import Listing

_KEPT_SECONDS = 60.0
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What was last sent of an item by an operation."""

    hash: bytes
    version: int
    mapping_version: int = 0


class RecentWrites:
    """Listings and hashes of one route, by connector and item."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listings: dict[tuple[UUID, UUID], tuple[float, Listing]] = {}
        self._gone: dict[tuple[UUID, str], float] = {}
        self._owners: dict[tuple[UUID, str], UUID] = {}
        self._sent: dict[tuple[UUID, UUID, Operation], tuple[float, Sent]] = {}
        self._most = _MOST
        """Entries at which the next sweep is made."""

    def linked(self, connector_id: UUID, item_id: UUID, listing: Listing, kind: str) -> None:
        self._trim()
        if kind == "product":
            self._owners[connector_id, listing.external_id] = item_id
        self._listings[connector_id, item_id] = (self._clock.monotonic(), listing)
        self._gone.pop((connector_id, listing.external_id), None)

    def gone(self, connector_id: UUID, external_id: str) -> None:
        self._trim()
        self._gone[connector_id, external_id] = self._clock.monotonic()
        self._owners.pop((connector_id, external_id), None)

    def sent(self, connector_id: UUID, item_id: UUID, operation: Operation, sent: Sent) -> None:
        self._trim()
        self._sent[connector_id, item_id, operation] = (self._clock.monotonic(), sent)

    def owner(self, connector_id: UUID, external_id: str) -> UUID | None:
        """Which product was linked to this object of the shop a moment ago."""
        return self._owners.get((connector_id, external_id))

    def listing(self, connector_id: UUID, item_id: UUID, stored: Listing | None) -> Listing | None:
        """The listing as it is now, given what the database says."""
        _, known = self._young(self._listings.get((connector_id, item_id)))
        current = known or stored
        if current is not None and self._is_young(self._gone.get((connector_id, current.external_id))):
            return None
        return current

    def last_sent(self, connector_id: UUID, item_id: UUID, operation: Operation, stored: Sent | None) -> Sent | None:
        """What was last sent, given what the database says."""
        _, known = self._young_sent(self._sent.get((connector_id, item_id, operation)))
        return known or stored

    def _is_young(self, at: float | None) -> bool:
        return at is not None and self._clock.monotonic() - at < _KEPT_SECONDS

    def _young(self, entry: tuple[float, Listing] | None) -> tuple[float, Listing | None]:
        return entry if entry is not None and self._is_young(entry[0]) else (0.0, None)

    def _young_sent(self, entry: tuple[float, Sent] | None) -> tuple[float, Sent | None]:
        return entry if entry is not None and self._is_young(entry[0]) else (0.0, None)

    def _trim(self) -> None:
        if self._size < self._most:
            return
        self._listings = {key: entry for key, entry in self._listings.items() if self._is_young(entry[0])}
        self._sent = {key: entry for key, entry in self._sent.items() if self._is_young(entry[0])}
        kept = {(connector, listing.external_id) for (connector, _), (_, listing) in self._listings.items()}
        self._owners = {key: item for key, item in self._owners.items() if key in kept}
        self._gone = {key: at for key, at in self._gone.items() if self._is_young(at)}
        self._most = max(_MOST, 2 * self._size)

    @property
    def _size(self) -> int:
        return len(self._listings) + len(self._sent) + len(self._gone)
