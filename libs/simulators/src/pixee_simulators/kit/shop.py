"""One simulated shop: what the kit keeps around the platform's own state."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pixee_simulators.kit.counts import Counts
from pixee_simulators.kit.request_log import RequestLog

State = TypeVar("State")


@dataclass(slots=True)
class Shop(Generic[State]):
    """`settings` came with `PUT /_control/shops/{host}` (credentials included), `limits` are the platform's defaults
    plus `PUT /_control/limits/{host}`, `state` is the platform's. Call `touch()` after any change outside a write call.
    """

    host: str
    settings: dict[str, Any]
    limits: dict[str, Any]
    state: State
    log: RequestLog
    counts: Counts = field(default_factory=Counts)
    dirty: bool = True

    def touch(self) -> None:
        """The next snapshot must write this shop."""
        self.dirty = True
