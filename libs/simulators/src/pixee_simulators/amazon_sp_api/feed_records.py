"""A feed as Amazon keeps it: who sent it, when it is worked on, how it shall end and how it ended."""

from dataclasses import dataclass, field
from typing import Any

from pixee_simulators.amazon_sp_api.moments import moment

LISTINGS_FEED = "JSON_LISTINGS_FEED"


@dataclass(slots=True)
class Feed:
    """Times in seconds since the epoch. `end` is empty until it has ended. `outcome`: of feed_outcomes.py, raw."""

    id: str
    type: str
    marketplaces: list[str]
    document_id: str
    created_at: float
    starts_at: float
    ends_at: float
    outcome: dict[str, Any] = field(default_factory=dict)
    end: str = ""
    result_id: str = ""

    def status(self, now: float) -> str:
        if self.end:
            return self.end
        return "IN_QUEUE" if now < self.starts_at else "IN_PROGRESS"

    def wire(self, now: float) -> dict[str, Any]:
        """As getFeed answers."""
        wire: dict[str, Any] = {
            "feedId": self.id,
            "feedType": self.type,
            "marketplaceIds": self.marketplaces,
            "createdTime": moment(self.created_at),
            "processingStatus": self.status(now),
        }
        if self.status(now) != "IN_QUEUE" and self.starts_at <= now:
            wire["processingStartTime"] = moment(self.starts_at)
        if self.end:
            wire["processingEndTime"] = moment(self.ends_at)
        if self.result_id:
            wire["resultFeedDocumentId"] = self.result_id
        return wire
