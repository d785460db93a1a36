"""A file of 25,000 items: how much memory a worker takes for it, from the first chunk to the last verdict, and how fast it goes.

The platform is in the same process and keeps nothing but a count, so what grows is the worker's own. Baseline: the same worker
after a file of 1,000 items, when everything that is loaded once has been loaded.
"""

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID

import orjson
from pydantic import JsonValue

from benchmarks.loop_rows import KEYS, Catalog
from benchmarks.report import Figure
from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_common.platforms.manifest import Capability, CredentialField, HostSpec, Manifest, Mode, SettingField, Upload
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_devstack.service_env import ROLES
from pixee_workers import garbage
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.items import Listing, Mapped, ProductItem
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Marks
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.outcomes import Linked
from pixee_workers.sync_base.tokens import TokenStore
from pixee_workers.sync_base.upload_contract import Collected, FileContext, Frame, Uploaded, UploadFile, Verdict
from pixee_workers.sync_base.uploads.courier import UploadCourier

ITEMS, WARM = 25_000, 1_000
MOST_MEGABYTES = 120.0
_PASSWORD = "only-for-benchmarks"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MANIFEST = Manifest(
    slug="files",
    title="Files",
    version="1",
    api_version="1",
    credentials=(CredentialField(name="token", label="Token"),),
    credential_sets=(("token",),),
    settings=(SettingField(name="shop", label="Shop"),),
    host=HostSpec(address_setting="shop", pattern=r"[a-z]+\.files\.test"),
    capabilities={
        Operation.PUSH_PRODUCTS: Capability(
            mode=Mode.UPLOAD, max_items=100, upload=Upload(max_items=ITEMS, max_bytes=100_000_000)
        )
    },
)
_CHUNKS = """
INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, letters,
                    size)
SELECT j.id, n, account_id, connector_id, platform, operation, route_key, 2, position, ($2::uuid[])[n * 100 + 1:n * 100 + 100],
       repeat('.', 100), 100
  FROM jobs j CROSS JOIN generate_series(0, $3) AS n WHERE j.id = $1
"""


class CountingFiles:
    """The platform and its adapter: every record is 2 KB, every verdict is good."""

    manifest = _MANIFEST
    records = size = 0

    def mapped(self, operation: Operation, item: ProductItem, settings: ConnectorSettings) -> JsonValue:
        return {"key": item.product.key, "text": "x" * 2_000}

    def weight(self, operation: Operation, item: ProductItem) -> int:
        return 1

    def frame(self, operation: Operation, settings: ConnectorSettings) -> Frame:
        return Frame(b"[", b",", b"]", "application/json")

    def record(self, operation: Operation, item: Mapped[ProductItem], ref: int, settings: ConnectorSettings) -> bytes:
        return orjson.dumps([ref, item.values])

    async def upload(self, operation: Operation, file: UploadFile, context: FileContext) -> Uploaded:
        self.records, self.size = file.records, file.size
        return Uploaded("feed", "1", {"records": file.records}, 0.0)

    async def collect(self, operation: Operation, uploaded: Uploaded, context: FileContext) -> Collected:
        links = (Linked(Listing(f"{uploaded.remote_id}-{ref}")) for ref in range(self.records))
        found = {ref: Verdict(OutcomeKind.APPLIED, linked=linked) for ref, linked in enumerate(links, 1)}
        return Collected(True, verdicts=found)


async def run() -> list[Figure]:
    """Megabytes that the worker grew by, and items a second."""
    async with AsyncExitStack() as stack:
        server = EmbeddedPostgres(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        await server.start()
        stack.push_async_callback(server.stop)
        os.environ["PIXEE_ROLE_PASSWORD_WORKER"] = _PASSWORD
        await migrate(server.dsn)
        owner = Database(server.dsn, name="bench")
        stack.push_async_callback(owner.close)
        garbage.settle()
        adapter, folder = CountingFiles(), Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dsn = server.dsn_for(ROLES["worker"], _PASSWORD)
        await _lap(owner, dsn, adapter, folder, WARM)
        with _memory() as grown:
            seconds = await _lap(owner, dsn, adapter, folder, ITEMS)
    if adapter.records != ITEMS:
        raise RuntimeError(f"one file was to hold {ITEMS} records, it held {adapter.records}")
    detail = f"one file of {ITEMS} records, {adapter.size / 1e6:.0f} MB, from the first claim to the last outcome"
    return [
        Figure("a worker's memory over a large file", max(grown) / 1e6, MOST_MEGABYTES, True, "MB", detail),
        Figure("items through a file", ITEMS / seconds, None, False, "items/s", detail),
    ]


async def _lap(owner: Database, dsn: str, adapter: CountingFiles, folder: Path, items: int) -> float:
    catalog = Catalog(owner)
    await catalog.fill(items)
    route, job = await _job(owner, catalog)
    async with _worker(dsn, adapter, folder) as lanes:
        begun = time.perf_counter()
        while await _open(owner, job):
            async with owner.connection() as connection:
                await connection.execute(
                    "UPDATE chunks SET state = 'rung' WHERE (job_id, no) IN (SELECT job_id, no FROM chunks WHERE"
                    " job_id = $1 AND state = ANY('{pending,waiting}') AND (not_before IS NULL OR not_before <= now())"
                    " ORDER BY no LIMIT 4)",
                    job,
                )
            await lanes.ring({route: None})
            while not all(lane.idle for lane in lanes):
                await asyncio.sleep(0.01)
        return time.perf_counter() - begun


async def _open(owner: Database, job: UUID) -> bool:
    async with owner.connection() as connection:
        return bool(await connection.fetchval("SELECT count(*) FROM chunks WHERE job_id = $1 AND state <> 'done'", job))


async def _job(owner: Database, catalog: Catalog) -> tuple[str, UUID]:
    connector, job = new_id(), new_id()
    route = str(connector)
    sealed = KEYS.seal(connector, {"token": "t"})
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key, shop_currency)"
            " VALUES ($1, $2, 'bench', 'files', $3, $4, $4, 'EUR')",
            *(connector, catalog.account, {"shop": "a.files.test"}, route),
        )
        await connection.execute(
            "INSERT INTO credentials (connector_id, account_id, key_id, ciphertext) VALUES ($1, $2, $3, $4)",
            *(connector, catalog.account, sealed.key_id, sealed.ciphertext),
        )
        await connection.execute("INSERT INTO routes (route_key, platform) VALUES ($1, 'files')", route)
        await connection.execute(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, state)"
            " VALUES ($1, $2, $3, 'files', 'push_products', $4, 'bench', 'bench', 'running')",
            *(job, catalog.account, connector, route),
        )
        await connection.execute(_CHUNKS, job, catalog.products, len(catalog.products) // 100 - 1)
    await catalog.settle()
    return route, job


@asynccontextmanager
async def _worker(dsn: str, adapter: CountingFiles, folder: Path) -> AsyncIterator[Lanes]:
    clock, policy = SystemClock(), EgressPolicy()
    database = Database(dsn, name="pixee-worker", most_connections=12)
    heart = Database(dsn, name="heart", most_connections=1)
    async with GuardedClient(policy) as client:
        wiring = Wiring(client, policy, clock, TokenStore(clock), lambda: UUID(int=0), "bench", folder=folder)
        liveness = Liveness(heart, clock, ["files"], "bench")
        marks, writer = Marks(database), OutcomeWriter(database, clock)
        courier = PlatformCourier({"files": adapter}, database, KEYS, wiring)
        uploads = UploadCourier(courier, database, writer)
        lanes = Lanes(database, liveness, LaneTools(courier, marks, writer, clock, lambda _chunk: False, uploads))
        tasks = [asyncio.create_task(loop) for loop in (marks.run(), writer.run(), lanes.run(), liveness.run())]
        await liveness.joined()
        try:
            yield lanes
            await lanes.stop(5)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await database.close()
            await heart.close()


@contextmanager
def _memory() -> Iterator[list[float]]:
    """Bytes by which the process has grown, sampled twenty times a second."""
    begun, samples, ended = _resident(), [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            samples.append(_resident() - begun)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield samples
    finally:
        ended.set()
        watching.join()


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
