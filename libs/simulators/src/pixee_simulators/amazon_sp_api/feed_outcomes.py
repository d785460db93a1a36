"""How the next feeds shall end: `limits["next_feeds"]`, a list that each new JSON_LISTINGS_FEED takes its first from.

{}                                       as it should be
{"end": "FATAL", "applied": 0.5}         the first half of the messages is applied; no report
{"end": "CANCELLED"}                     nothing is applied; no report
{"missing": 10}                          so many messages, evenly spread, are neither applied nor in the report
{"missing_skus": [...], "missing_applied": true}   those named; applied, yet not in the report
{"late_share": 0.01, "late_skus": [...]} second thoughts about this feed's listings (else the seller's limits)
{"strays": 2}                            issues of messages that the feed never had
{"seconds": 600}                         its own time from start to end
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """`applied`: share of the messages that a FATAL feed applies."""

    end: str = "DONE"
    applied: float = 0.5
    missing: int = 0
    missing_skus: tuple[str, ...] = ()
    missing_applied: bool = False
    late_share: float | None = None
    late_skus: tuple[str, ...] | None = None
    strays: int = 0
    seconds: float | None = None

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "FeedOutcome":
        """Raises ValueError for a name or an end that does not exist."""
        if unknown := set(raw) - set(cls.__slots__):
            raise ValueError(f"a feed's outcome has no {', '.join(sorted(unknown))}")
        lists = {name: tuple(raw[name]) for name in ("missing_skus", "late_skus") if raw.get(name) is not None}
        outcome = cls(**(dict(raw) | lists))
        if outcome.end not in {"DONE", "FATAL", "CANCELLED"}:
            raise ValueError("a feed ends DONE, FATAL or CANCELLED")
        return outcome

    def spared(self, skus: list[str]) -> frozenset[int]:
        """Positions of the messages that go missing."""
        named = {position for position, sku in enumerate(skus) if sku in self.missing_skus}
        spread = {step * len(skus) // self.missing for step in range(min(self.missing, len(skus)))}
        return frozenset(named | spread)

    def late_limits(self, limits: Mapping[str, Any]) -> dict[str, Any]:
        """The seller's limits with this feed's second thoughts."""
        changed = dict(limits)
        if self.late_share is not None:
            changed["late_issue_share"] = self.late_share
        if self.late_skus is not None:
            changed["late_issue_skus"] = list(self.late_skus)
        return changed
