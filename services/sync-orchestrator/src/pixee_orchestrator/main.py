"""The orchestrator, composed on one screen: doors, what listens, what sweeps, what answers about its health.

Every replica does all of it; rows are taken with SKIP LOCKED, so none leads. It starts, and stays ready, while Kafka is away;
while PostgreSQL is away it lives and says that it is not ready.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from faststream.kafka import KafkaBroker

from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.db.channels import CHANGES, DISPATCH, OUTBOX, PLAN
from pixee_common.delivery.dead_letters import DeadLetterBox
from pixee_common.delivery.relay import Relay
from pixee_common.messaging.brokers import BrokerRunner, build_broker
from pixee_common.messaging.consuming import subscribe
from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import CATALOG_CHANGED, PROGRESS, REQUESTED
from pixee_common.platforms import catalogue
from pixee_common.service import (
    Check,
    DatabaseSettings,
    HttpSettings,
    KafkaSettings,
    health_app,
    run_service,
    serve,
)
from pixee_orchestrator.auto_sync.drain import Drain
from pixee_orchestrator.auto_sync.resends import Resends
from pixee_orchestrator.catalog.consumer import MOST_AT_ONCE, CatalogConsumer
from pixee_orchestrator.catalog.pulls.applying import PullPages
from pixee_orchestrator.catalog.pulls.chains import PullChains
from pixee_orchestrator.dispatch.dispatcher import Dispatcher
from pixee_orchestrator.loops import Loop, supervise
from pixee_orchestrator.names import CATALOG_GROUP, PLAN_GROUP, PROGRESS_GROUP, SOURCE
from pixee_orchestrator.planning.bell import PlanBell
from pixee_orchestrator.planning.planner import Planner
from pixee_orchestrator.progress.folder import Folder
from pixee_orchestrator.settings import OrchestratorSettings
from pixee_orchestrator.timers.timers import Timers

__all__ = ["main", "run"]

_STATEMENT_RETRIES_SECONDS = 20.0


class Orchestrator:
    """All parts of one process, wired."""

    def __init__(self, dsn: str, bootstrap: str, settings: OrchestratorSettings) -> None:
        clock = SystemClock()
        self.database = Database(dsn, name=SOURCE, most_connections=16, retry_for=_STATEMENT_RETRIES_SECONDS)
        box = DeadLetterBox(self.database, clock, source=SOURCE)
        self._bootstrap = bootstrap
        self._box = box
        self.relay = Relay(self.database, bootstrap, TopicSettings.load(), name=SOURCE)
        lifetime = timedelta(days=settings.job_days)
        planner = Planner(self.database, catalogue(), page_items=settings.page_items, lifetime=lifetime)
        dispatcher = Dispatcher(self.database, dead_after=settings.dead_after_seconds)
        pages = PullPages(self.database, catalogue())
        self.pulls = Loop("pulled pages", pages.sweep, clock)
        self.chains = Loop("chains of pages", PullChains(self.database).sweep, clock)
        folder = Folder(self.database, dispatcher.poke, box, self._page_staged)
        timers = Timers(self.database, settings, clock, dispatcher.poke)
        self.plan = Loop("plan", planner.step, clock)
        self.cancel = Loop("cancel", timers.cancel, clock)
        catalog = CatalogConsumer(self.database, box)
        drain = Drain(self.database, clock, catalog.is_behind, pause=settings.auto_sync_seconds, lifetime=lifetime)
        resends = Resends(self.database)
        self.drain = Loop("auto-sync", drain.step, clock, every=0.25)
        self.loops = (
            *(self.plan, self.pulls, self.chains, self.cancel, self.drain),
            Loop("auto-sync tidying", drain.tidy, clock, every=60),
            Loop("resends", resends.step, clock),
            Loop("resends tidying", resends.tidy, clock, every=60),
            Loop("dispatch", dispatcher.turn, clock),
            Loop("dispatch sweep", dispatcher.sweep, clock),
            Loop("fold sweep", folder.sweep, clock),
            Loop("due", timers.due, clock, every=0.5),
            Loop("dead workers", timers.reap, clock),
            Loop("expire", timers.expire, clock, every=5),
            Loop("waits", timers.waits, clock),
            Loop("webhooks", timers.webhooks, clock),
            Loop("gauges", timers.gauges, clock, every=5),
            Loop("house", timers.house, clock, every=600),
        )
        self._dispatcher = dispatcher
        self._handlers = (
            (REQUESTED, PLAN_GROUP, PlanBell(self.plan.wake, box).handle),
            (PROGRESS, PROGRESS_GROUP, folder.handle),
            (CATALOG_CHANGED, CATALOG_GROUP, catalog.handle),
        )
        self.broker = BrokerRunner(self._build_broker)

    def _build_broker(self) -> KafkaBroker:
        broker = build_broker(self._bootstrap, f"pixee-{SOURCE}")
        for topic, group, handle in self._handlers:
            most = MOST_AT_ONCE if topic == CATALOG_CHANGED else None
            subscribe(broker, topic, group=group, handle=handle, set_aside=self._box, most=most)
        return broker

    def _page_staged(self) -> None:
        self.chains.wake()
        self.pulls.wake()

    def _asked_to_plan(self, payload: str) -> None:
        self.plan.wake(payload)
        self.cancel.wake(payload)  # a cancellation calls the planners, too

    async def listen(self) -> None:
        """Notifications of the database, for ever."""
        wakes = {
            PLAN: self._asked_to_plan,
            DISPATCH: self._dispatcher.poke,
            OUTBOX: self.relay.wake,
            CHANGES: self.drain.wake,
        }
        await self.database.listen(wakes)

    async def answers(self) -> None:
        """Whether the database answers; raises what it raises."""
        async with self.database.connection() as connection:
            await connection.execute("SELECT 1")

    async def consumes(self) -> None:
        """Whether the broker is connected; raises when it is not."""
        if not self.broker.running:
            raise ConnectionError("Kafka is away")

    def parts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Everything that has to run until the end, by name."""
        fixed: dict[str, Callable[[], Awaitable[None]]] = {
            "listener": self.listen,
            "relay": self.relay.run,
            "broker": self.broker.run,
        }
        return fixed | {loop.name: loop.run for loop in self.loops}


async def run(stopping: asyncio.Event) -> None:
    """The service's body: until it is told to stop."""
    http = HttpSettings.load()
    whole = Orchestrator(
        DatabaseSettings.load().dsn, KafkaSettings.load().bootstrap_servers, OrchestratorSettings.load()
    )
    health = health_app(
        ready=[Check("database", whole.answers), Check("kafka", whole.consumes, required=False)],
        live=[Check(loop.name, loop.check) for loop in whole.loops],
    )
    tasks = [asyncio.create_task(supervise(name, part), name=name) for name, part in whole.parts().items()]
    try:
        async with serve(health, http.host, http.port):
            await stopping.wait()
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        await whole.database.close()


def main() -> int:
    """Runs the service; returns its exit code."""
    return run_service(SOURCE, run)
