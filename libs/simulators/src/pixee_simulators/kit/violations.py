"""Requests that break the platform's published schema: recorded here, while the answer stays the platform's own.

A real shop often accepts, coerces or ignores what its schema forbids. Tests read this list and fail on any entry.
"""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Violation:
    """`rule` is a short stable word (`unknown_property`, `readonly`, `type`…), `pointer` where in the request."""

    rule: str
    pointer: str
    message: str


class Violations:
    """The newest violations of all shops and the exact number of all that were seen."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.count = 0

    def record(self, violation: Violation, *, seq: int, host: str, operation: str, method: str, path: str) -> None:
        self.count += 1
        request = {"seq": seq, "host": host, "operation": operation, "method": method, "path": path}
        self._kept.append(request | asdict(violation))

    def clear(self) -> None:
        self._kept.clear()
        self.count = 0

    def describe(self, host: str | None = None) -> list[dict[str, Any]]:
        return [kept for kept in self._kept if host is None or kept["host"] == host]
