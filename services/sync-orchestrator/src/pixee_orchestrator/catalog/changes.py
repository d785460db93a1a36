"""What is to be applied and what became of it. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pixee_common.events import CatalogChanged
from pixee_common.messaging.consuming import Received

__all__ = ["Applied", "Incoming", "Status", "Told"]

ChangeT_co = TypeVar("ChangeT_co", covariant=True)


class Status(StrEnum):
    """The record of a change, as `catalog_sequences.status` keeps it."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event with the message that it came in."""

    event: CatalogChanged
    message: Received

    @property
    def entity(self) -> str:
        """Kind and key."""
        return self.event.change.entity


@dataclass(frozen=True, slots=True)
class Told(Generic[ChangeT_co]):
    """A change and who tells it."""

    change: ChangeT_co
    origin: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one change; a refusal says why, in words for the dead letter."""

    status: Status
    reason: str | None = None
    message: str | None = None
