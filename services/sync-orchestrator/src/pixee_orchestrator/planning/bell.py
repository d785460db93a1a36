"""The consumer of `sync.requested`: a bell that wakes the planners. The job's row is the truth, so the message is only read to be sure of it."""

from collections.abc import Callable, Sequence

from pixee_common.events import SyncRequested
from pixee_common.messaging.consuming import Received, SetAside, UnreadableError, read
from pixee_common.telemetry import span

__all__ = ["PlanBell"]


class PlanBell:
    """`handle` fits `messaging.consuming.Handle`."""

    def __init__(self, wake: Callable[[], None], set_aside: SetAside) -> None:
        self._wake = wake
        self._set_aside = set_aside

    async def handle(self, batch: Sequence[Received]) -> None:
        """Wakes the planners once for the batch; what is no request goes to the dead letters."""
        for message in batch:
            try:
                read(message, SyncRequested)
            except UnreadableError as error:
                await self._set_aside([message], "unreadable", str(error))
                continue
            with span("requested", kind="consumer", parent=message.headers):
                self._wake()
