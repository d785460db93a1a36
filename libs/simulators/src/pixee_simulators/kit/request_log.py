"""What a shop was asked, in order: the evidence for "no request after", "never more than" and "exactly these".

Bounded in memory; counts (counts.py) are kept apart and never truncated. Entries that are finished go to a file in
JSON Lines with the next snapshot, never on the request's path.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any


class Entry:
    """One request. Times: `simulator_time` seconds since the epoch on the simulator's clock; `started_ns` and
    `ended_ns` are CLOCK_MONOTONIC of the machine, comparable between processes. `ended_ns` is None while it runs.
    """

    __slots__ = (
        "agent",
        "created",
        "deleted",
        "ended_ns",
        "extra",
        "fault",
        "ids",
        "in_flight",
        "kind",
        "method",
        "operation",
        "path",
        "seq",
        "simulator_time",
        "skus",
        "started_ns",
        "status",
        "updated",
        "violations",
        "worker",
    )

    def __init__(
        self,
        *,
        seq: int,
        simulator_time: float,
        started_ns: int,
        worker: str,
        agent: str,
        method: str,
        path: str,
        operation: str,
        kind: str,
        in_flight: int,
    ) -> None:
        self.seq = seq
        self.simulator_time = simulator_time
        self.started_ns = started_ns
        self.ended_ns: int | None = None
        self.worker = worker
        self.agent = agent
        self.method = method
        self.path = path
        self.operation = operation
        self.kind = kind
        self.status: int | None = None
        self.skus: list[str] = []
        self.ids: list[str] = []
        self.fault: str | None = None
        self.in_flight = in_flight
        self.created = self.updated = self.deleted = self.violations = 0
        self.extra: dict[str, Any] = {}

    def describe(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def recall(cls, kept: dict[str, Any]) -> "Entry":
        entry = cls.__new__(cls)
        for name in cls.__slots__:
            setattr(entry, name, kept.get(name))
        return entry


class RequestLog:
    """The last `limit` requests of one shop, oldest first."""

    def __init__(self, limit: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._finished: list[Entry] = []
        self.fresh = True
        """Nothing of this log is in the data folder yet: what lies there belongs to a log before a reset."""

    def __len__(self) -> int:
        return len(self._entries)

    def open(self, entry: Entry) -> None:
        self._entries.append(entry)

    def finish(self, entry: Entry) -> None:
        self._finished.append(entry)

    def take_finished(self) -> list[Entry]:
        """The entries finished since the last call: what the next snapshot has to write."""
        taken, self._finished = self._finished, []
        return taken

    def restore(self, entries: list[Entry]) -> None:
        self._entries.extend(sorted(entries, key=lambda entry: entry.seq))
        self.fresh = False

    def since(self, seq: int, *, kind: str | None = None, operation: str | None = None) -> Iterator[Entry]:
        """Entries with a higher number than `seq`, oldest first."""
        for entry in self._entries:
            wanted = (kind is None or entry.kind == kind) and (operation is None or entry.operation == operation)
            if entry.seq > seq and wanted:
                yield entry
