"""A report as Amazon keeps it."""

from dataclasses import dataclass
from typing import Any

from pixee_simulators.amazon_sp_api.moments import moment


@dataclass(slots=True)
class Report:
    """Times in seconds since the epoch. `wanted` is how it shall end, `end` how it has ended (empty: not yet)."""

    id: str
    type: str
    marketplaces: list[str]
    created_at: float
    starts_at: float
    ends_at: float
    wanted: str = "DONE"
    end: str = ""
    document_id: str = ""

    def status(self, now: float) -> str:
        if self.end:
            return self.end
        return "IN_QUEUE" if now < self.starts_at else "IN_PROGRESS"

    def wire(self, now: float) -> dict[str, Any]:
        """As getReport answers."""
        wire: dict[str, Any] = {
            "reportId": self.id,
            "reportType": self.type,
            "marketplaceIds": self.marketplaces,
            "createdTime": moment(self.created_at),
            "processingStatus": self.status(now),
        }
        if self.status(now) != "IN_QUEUE" and self.starts_at <= now:
            wire["processingStartTime"] = moment(self.starts_at)
        if self.end:
            wire["processingEndTime"] = moment(self.ends_at)
        if self.document_id:
            wire["reportDocumentId"] = self.document_id
        return wire
