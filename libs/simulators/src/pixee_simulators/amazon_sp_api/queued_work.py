"""Feeds and reports as Amazon keeps them: work that is asked for, waits, is done, and ends with a document."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from pixee_simulators.amazon_sp_api.errors import invalid_input
from pixee_simulators.amazon_sp_api.moments import moment

LISTINGS_FEED = "JSON_LISTINGS_FEED"


@dataclass(slots=True)
class Queued:
    """Times in seconds since the epoch. `end` is empty until it has ended, `result_id` where there is no document."""

    NOUN: ClassVar[str]
    """As the names of its fields begin (feed, report)."""
    RESULT: ClassVar[str]
    """The name of its document's field."""

    id: str
    type: str
    marketplaces: list[str]
    created_at: float
    starts_at: float
    ends_at: float
    end: str = ""
    result_id: str = ""

    def status(self, now: float) -> str:
        if self.end:
            return self.end
        return "IN_QUEUE" if now < self.starts_at else "IN_PROGRESS"

    def cancel(self, now: float) -> None:
        """Raises Refusal (400) where it does not wait any more."""
        if self.status(now) != "IN_QUEUE":
            named = f"{self.NOUN.capitalize()} {self.id}"
            raise invalid_input(f"{named} cannot be cancelled: it is {self.status(now)}.")
        self.end, self.ends_at = "CANCELLED", now

    def wire(self, now: float) -> dict[str, Any]:
        """As getFeed and getReport answer."""
        wire: dict[str, Any] = {
            f"{self.NOUN}Id": self.id,
            f"{self.NOUN}Type": self.type,
            "marketplaceIds": self.marketplaces,
            "createdTime": moment(self.created_at),
            "processingStatus": self.status(now),
        }
        if self.status(now) != "IN_QUEUE" and self.starts_at <= now:
            wire["processingStartTime"] = moment(self.starts_at)
        if self.end:
            wire["processingEndTime"] = moment(self.ends_at)
        if self.result_id:
            wire[self.RESULT] = self.result_id
        return wire


@dataclass(slots=True)
class Feed(Queued):
    """`document_id`: what it was made of. `outcome`: how it shall end, of feed_outcomes.py, raw."""

    NOUN: ClassVar[str] = "feed"
    RESULT: ClassVar[str] = "resultFeedDocumentId"

    document_id: str = ""
    outcome: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Report(Queued):
    """`wanted`: how it shall end."""

    NOUN: ClassVar[str] = "report"
    RESULT: ClassVar[str] = "reportDocumentId"

    wanted: str = "DONE"
