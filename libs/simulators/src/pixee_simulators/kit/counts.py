"""Exact totals of one shop, kept apart from the bounded log so that a million requests still add up."""

from collections import Counter
from typing import Any

from pixee_simulators.kit.request_log import Entry


class Counts:
    """Requests by kind, operation, status and fault; committed creates, updates and deletes; highest concurrency."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.commits: Counter[str] = Counter()
        """`product_created`, `variant_updated`…: the platform's own split of created, updated and deleted."""
        self.created = self.updated = self.deleted = self.violations = 0
        self.in_flight = self.max_in_flight = 0

    def opened(self, entry: Entry) -> None:
        self.requests[entry.kind] += 1
        self.operations[entry.operation] += 1
        self.max_in_flight = max(self.max_in_flight, entry.in_flight)

    def finished(self, entry: Entry) -> None:
        self.statuses[str(entry.status)] += 1
        if entry.fault is not None:
            self.faults[entry.fault] += 1
        self.violations += entry.violations

    def describe(self) -> dict[str, Any]:
        """Plain JSON. `in_flight` is of this moment."""
        return {
            "requests": {"read": self.requests["read"], "write": self.requests["write"]},
            "operations": dict(self.operations),
            "statuses": dict(self.statuses),
            "faults": dict(self.faults),
            "commits": dict(+self.commits),
            "created": self.created,
            "updated": self.updated,
            "deleted": self.deleted,
            "violations": self.violations,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
        }

    @classmethod
    def recall(cls, kept: dict[str, Any]) -> "Counts":
        counts = cls()
        for name in ("requests", "operations", "statuses", "faults", "commits"):
            getattr(counts, name).update(kept[name])
        for name in ("created", "updated", "deleted", "violations", "max_in_flight"):
            setattr(counts, name, kept[name])
        return counts
