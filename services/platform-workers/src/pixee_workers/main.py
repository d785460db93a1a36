"""The worker process on one screen: what there is, what runs, how it stops. Starts and stays up without Kafka and PostgreSQL."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable
from importlib.metadata import version
from uuid import UUID

from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.db.channels import OUTBOX, PROBE
from pixee_common.delivery.dead_letters import DeadLetterBox
from pixee_common.delivery.relay import Relay
from pixee_common.egress import GuardedClient
from pixee_common.messaging.brokers import BrokerRunner
from pixee_common.messaging.settings import TopicSettings
from pixee_common.service import (
    Check,
    DatabaseSettings,
    EgressSettings,
    HttpSettings,
    KafkaSettings,
    KeySettings,
    SettingsInvalid,
    health_app,
    run_service,
    serve,
)
from pixee_workers import garbage
from pixee_workers.handlers import bells
from pixee_workers.handlers.assignment import Assignment
from pixee_workers.settings import WorkerSettings
from pixee_workers.sync_base import routes
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.adapters_found import folders, found_adapters
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.late_calls import LateCalls
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Marks, needs_mark
from pixee_workers.sync_base.outcome_writer import SOURCE, OutcomeWriter
from pixee_workers.sync_base.prober import Prober
from pixee_workers.sync_base.probes import Probes
from pixee_workers.sync_base.shared_tokens import SharedTokens
from pixee_workers.sync_base.token_refreshing import TokenRefresher
from pixee_workers.sync_base.tokens import TokenStore
from pixee_workers.sync_base.uploads.courier import UploadCourier
from pixee_workers.sync_base.uploads.late_files import LateFiles
from pixee_workers.sync_base.webhooks import Webhooks
from pixee_workers.sync_base.worker_files import sweep
from pixee_workers.watching import Watch, answers, kafka_up

NAME = "platform-workers"
STOP_SECONDS = 25.0
_log = logging.getLogger(__name__)


async def start(stopping: asyncio.Event) -> None:
    """Runs until told to stop."""
    clock, release = SystemClock(), version("pixee-workers")
    dsn, bootstrap = DatabaseSettings.load().dsn, KafkaSettings.load().bootstrap_servers
    http, keys, policy = HttpSettings.load(), KeySettings.load().key_ring(), EgressSettings.load().policy()
    own = WorkerSettings.load()
    adapters = _adapters(own)
    sweep(own.folder)
    platforms = list(adapters)
    manifests = {slug: adapter.manifest for slug, adapter in adapters.items()}
    database = Database(dsn, name="pixee-worker", most_connections=12)
    heart = Database(dsn, name="pixee-worker-heart", most_connections=1)
    relay = Relay(database, bootstrap, TopicSettings.load(), name=NAME)
    liveness = Liveness(heart, clock, platforms, release)
    marks, writer = Marks(database), OutcomeWriter(database, clock)
    async with GuardedClient(policy) as client:
        tokens = TokenStore(clock, SharedTokens(database, keys, clock))
        wiring = Wiring(client, policy, clock, tokens, lambda: _id_of(liveness), release, folder=own.folder)
        courier = PlatformCourier(adapters, database, keys, wiring)
        uploads = UploadCourier(courier, database, writer)
        tools = LaneTools(
            courier,
            marks,
            writer,
            clock,
            lambda chunk: needs_mark(manifests.get(chunk.platform), chunk.operation),
            uploads,
        )
        lanes = Lanes(database, liveness, tools, lambda partition: partition in assignment)
        assignment = Assignment(lanes.partitions_assigned)
        liveness.on_buried = lanes.drop_all
        late = LateFiles(courier, database, liveness, platforms)
        late_calls = LateCalls(courier, database, liveness, platforms)
        probes = Probes(database, liveness, Prober(courier, database), clock, platforms)
        refresher = TokenRefresher(courier, database, liveness, clock, adapters)
        webhooks = Webhooks(database, courier.connectors, clock, adapters)
        box = DeadLetterBox(database, clock, source=SOURCE)
        kafka = BrokerRunner(lambda: bells.build(bootstrap, f"pixee-{NAME}", platforms, lanes.ring, assignment, box))
        watch = Watch(clock, lambda: lanes.claiming)
        health = health_app(
            ready=[Check("database", lambda: answers(database)), Check("kafka", kafka_up(kafka), required=False)],
            live=[Check("consumers", watch.check)],
        )
        async with serve(health, http.host, http.port) as served:
            channels: dict[str, Callable[[str], None]] = {OUTBOX: relay.wake, PROBE: probes.wake}
            loops = [marks.run(), writer.run(), relay.run(), lanes.run(), webhooks.run(), database.listen(channels)]
            tasks = [asyncio.create_task(loop) for loop in (*loops, watch.run(kafka))]
            beating = asyncio.create_task(liveness.run())
            edge = [
                asyncio.create_task(kafka.run()),
                asyncio.create_task(probes.run()),
                asyncio.create_task(late.run()),
                asyncio.create_task(late_calls.run()),
                asyncio.create_task(refresher.run()),
            ]
            garbage.settle()
            await _until(stopping, [*tasks, beating, *edge, served.task])
            await _hand_over(lanes, edge)
            await tokens.close()
            await courier.close()
            await _ended([beating])
            await _leave(database, liveness)
            await _ended(tasks)
    await database.close()
    await heart.close()
    if not stopping.is_set():
        raise RuntimeError("a part that never ends has ended; the log says which")


def _adapters(own: WorkerSettings) -> dict[str, Adapter]:
    unknown = own.wanted() - set(folders())
    if unknown:
        raise SettingsInvalid(f"PIXEE_WORKER_PLATFORMS: there is no platform {', '.join(sorted(unknown))}")
    return found_adapters(own.serves)


def _id_of(liveness: Liveness) -> UUID:
    return liveness.current.worker_id if liveness.current is not None else UUID(int=0)


async def _until(stopping: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Until told to stop, or until something ended that never should."""
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()


async def _hand_over(lanes: Lanes, edge: list[asyncio.Task[None]]) -> None:
    """Leaves the consumer groups first, so that what is given back rings at another worker."""
    begun = asyncio.get_running_loop().time()
    lanes.begin_nothing_more()
    await asyncio.wait([asyncio.create_task(_ended(edge))], timeout=5)
    await lanes.stop(STOP_SECONDS - (asyncio.get_running_loop().time() - begun))


async def _leave(database: Database, liveness: Liveness) -> None:
    if liveness.current is not None:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await routes.leave(database, liveness.current.worker_id)


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            _log.error("a loop ended with %s", type(result).__name__, exc_info=result)


def main() -> None:
    """`python -m pixee_workers`."""
    sys.exit(run_service(NAME, start, stop_within=STOP_SECONDS + 5))
