"""One chunk on its way: everything that its pushes, look-ups, polls and pulls have in common."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid5

from pixee_common.crypto import Credentials
from pixee_common.db import is_transient
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerNotJson
from pixee_common.platforms.manifest import Capability, Idempotency
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.breaker import PlatformBreaker
from pixee_workers.sync_base.chunks import ClaimedChunk, ConnectorNote, Life, WorkerLostError
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.context import CourierContext, Wiring
from pixee_workers.sync_base.file_context import FileCourierContext
from pixee_workers.sync_base.results import Tally, backoff
from pixee_workers.sync_base.route_state import RouteState

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_CREDENTIALS_PAUSE = 60.0
_BROKEN_ATTEMPTS = 3
_MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class Carriage:
    """A chunk with its connector, adapter, route and tally. `stopped`: nothing more is begun in this carry."""

    chunk: ClaimedChunk
    connector: Connector
    credentials: Credentials
    adapter: Adapter
    capability: Capability
    route: RouteState
    platform_breaker: PlatformBreaker
    wiring: Wiring
    life: Life
    tally: Tally
    read_ahead: Callable[[], None] = lambda: None
    """Called when few submissions are left to begin (`tail`): the next chunk's values may be read."""
    units: int = 0
    """Platform units of the page that is in memory."""
    stopped: bool = False
    held: frozenset[UUID] = frozenset()
    """Items that an open file of the same operation holds: they wait for its end."""
    polled: list[datetime] | None = None
    """When remote jobs and files are to be asked for next, where that was looked at already in this carry; null: it was not."""
    refused: PlatformFault | None = None
    """The operation or the connector was refused as a whole: what is open is rejected with it."""
    _contexts: list[CourierContext] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tally.mapping_version = self.connector.mapping_version

    @property
    def operation(self) -> Operation:
        return self.chunk.operation

    @property
    def overlaps(self) -> bool:
        """Whether the next chunk may be carried during the last answers of this one.

        Not where a create is guarded by a look-up: what is being created just now would be met there as somebody else's.
        """
        return self.capability.concurrency > 1 and self.capability.idempotency is not Idempotency.READ_BEFORE_WRITE

    @property
    def tail(self) -> int:
        """With how many submissions left to begin the next chunk is read.

        Where chunks overlap that is early enough for its look-ups too; else as late as can be, so that its values stay fresh.
        """
        return 2 * self.capability.concurrency if self.overlaps else 0

    def place(self) -> asyncio.Semaphore:
        """One of the places that the capability's concurrency gives: every call that is made for the chunk needs one."""
        return self.route.room(self.operation).places

    def beside(self, chunk: ClaimedChunk, tally: Tally) -> "Carriage":
        """The same way for another chunk of the connector and operation."""
        return replace(
            self, chunk=chunk, tally=tally, held=frozenset(), polled=None, stopped=False, refused=None, _contexts=[]
        )

    def context(self, key: UUID) -> FileCourierContext:
        """A context for one submission; `key` is the same for every repetition of it."""
        context = FileCourierContext(
            self.wiring,
            adapter=self.adapter,
            connector=self.connector,
            credentials=self.credentials,
            route_key=self.chunk.route_key,
            budgets=self.route.budgets_of(self.connector.settings, self.credentials),
            breaker=self.route.breaker,
            platform_breaker=self.platform_breaker,
            memory=self.route.memory(self.connector.id),
            life=self.life,
            fast=self.chunk.is_fast,
            submission_key=key,
            gate=self.route.gate(self.connector.id),
        )
        self._contexts.append(context)
        return context

    def key(self, purpose: str) -> UUID:
        """A key for calls that write nothing."""
        return uuid5(self.chunk.job_id, f"{self.chunk.no} {purpose}")

    def note_calls(self) -> None:
        """Let the tally know whether any call was made."""
        self.tally.called = any(context.calls_made for context in self._contexts)

    async def ask(self, work: Callable[[FileCourierContext], Awaitable[Answer]], key: UUID) -> Answer | PlatformFault:
        """What the adapter answers, or the fault; an error of the adapter's own is a broken contract."""
        context = self.context(key)
        try:
            return await work(context)
        except PlatformFault as fault:
            if fault.kind is FaultKind.CREDENTIALS:
                context.refused(fault)
            return fault
        except WorkerLostError:
            raise
        except AnswerNotJson as error:
            context.report_broken(error.message, None)
            return _broken(ReasonCode.CONTRACT_BROKEN, "The shop's answer could not be read.")
        except Exception as error:
            if is_transient(error):  # our database behind `context.token`, our disk: never the platform's contract
                _log.warning("%s: %s, trying again later", self.adapter.manifest.slug, type(error).__name__)
                message = "An error of ours that passes; Pixee tries again."
                return PlatformFault(FaultKind.UNAVAILABLE, FaultScope.SUBMISSION, ReasonCode.INTERNAL, message)
            _log.exception("adapter %s failed", self.adapter.manifest.slug)
            context.report_broken("an error in the adapter", None)
            return _broken(ReasonCode.INTERNAL, "An error of ours; Pixee has been told.")

    def stop_for(self, fault: PlatformFault) -> None:
        """A fault after which nothing more is begun: how long to wait, and what the connector's owner has to know."""
        self.stopped = True
        pause = backoff(self.chunk.attempt)
        match fault.kind:
            case FaultKind.CREDENTIALS:
                version = max(self.connector.credentials_version, self.wiring.tokens.made_with(self.connector.id))
                self.tally.note(ConnectorNote(status="error", last_error=fault.message, credentials_version=version))
                self.tally.wait(fault.reason, _CREDENTIALS_PAUSE)
            case FaultKind.REFUSED:
                self.refused = fault
                if fault.scope is not FaultScope.OPERATION:
                    self.tally.note(ConnectorNote(last_error=fault.message))
            case FaultKind.CONTRACT_BROKEN:
                times = self.route.broken.get(self._place, 1)
                self.tally.wait(fault.reason, max(self.platform_breaker.remaining(), 10.0 * 4.0 ** (times - 1)))
            case FaultKind.THROTTLED | FaultKind.UNAVAILABLE:
                self.tally.wait(fault.reason, fault.retry_after if fault.retry_after is not None else pause)
            case FaultKind.AMBIGUOUS | FaultKind.TOO_BIG:
                self.tally.wait(fault.reason, pause)

    def is_broken_for_good(self) -> bool:
        """Count an answer that broke the contract. True from the chunk's third on, unless the whole platform is suspected."""
        if len(self.route.broken) > _MOST_REMEMBERED:
            self.route.broken.clear()
        times = self.route.broken.get(self._place, 0) + 1
        self.route.broken[self._place] = times
        return times >= _BROKEN_ATTEMPTS and self.platform_breaker.remaining() == 0

    @property
    def _place(self) -> tuple[UUID, int]:
        return self.chunk.job_id, self.chunk.no


def _broken(reason: ReasonCode, message: str) -> PlatformFault:
    return PlatformFault(FaultKind.CONTRACT_BROKEN, FaultScope.SUBMISSION, reason, message)
