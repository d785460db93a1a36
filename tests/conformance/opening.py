"""Opens a bench for a platform found on disk: its simulator served over HTTP, its adapter, a connector, a courier and a writer."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from conformance.bench import Bench, routes
from conformance.job_rows import JobRows
from conformance.leaping import LeapingClock
from conformance.leaping_budgets import Bucket, LeapingBudgets
from conformance.planting import Plant
from conformance.profile import Profile, Shop
from conformance.witnesses import Recording, listening
from platform_workers.sync_base.courier_side.shop_rows import KEYS, ShopRows

from pixee_common.db import Database
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_common.platforms.manifest import Manifest
from pixee_simulators.kit.testing import running
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.adapters_found import folders
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.shared_tokens import SharedTokens
from pixee_workers.sync_base.tokens import TokenStore
from pixee_workers.sync_base.uploads.courier import UploadCourier

INVENTED = "conformance.invented"
"""Platforms that exist for the laws alone: adapter, simulator and profile stand in one folder, among the tests."""


def products() -> list[str]:
    """Every platform of the product; one without a profile or a simulator fails the suite and says what to write."""
    return folders()


def platforms() -> list[str]:
    """What the laws are tried on: the product's platforms and the invented ones."""
    return [*products(), *folders(INVENTED)]


def _rooms(slug: str) -> tuple[str, str, str]:
    """Where its adapter, its simulator and its profile stand."""
    if slug in folders(INVENTED):
        here = f"{INVENTED}.{slug}"
        return here, f"{here}.simulator", f"{here}.conformance"
    return (
        f"pixee_workers.platforms.{slug}",
        f"pixee_simulators.{slug}.simulator",
        f"platform_workers.platforms.{slug}.conformance",
    )


def profile_of(slug: str) -> Profile:
    """The platform's profile. Raises AssertionError with what to write where there is none."""
    _, _, name = _rooms(slug)
    try:
        profile: Profile = importlib.import_module(name).PROFILE
    except (ModuleNotFoundError, AttributeError) as error:
        raise AssertionError(
            f"{slug} has no tests/platform_workers/platforms/{slug}/conformance.py with a PROFILE ({error}): write one "
            "(tests/conformance/profile.py says what it holds), so that the laws can be tried on it"
        ) from None
    return profile


def manifest_of(slug: str) -> Manifest:
    """What the platform declares."""
    found: Manifest = importlib.import_module(_rooms(slug)[0]).MANIFEST
    return found


@asynccontextmanager
async def _writing(database: Database, clock: LeapingClock) -> AsyncIterator[OutcomeWriter]:
    writer = OutcomeWriter(database, clock)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def bench_of(
    slug: str,
    owner: Database,
    database: Database,
    plant: Plant | None = None,
    *,
    strict: bool = True,
) -> AsyncIterator[Bench]:
    """A fresh bench; `plant` puts a bug into the adapter. At the end, if `strict`, no request may have left the published schema."""
    profile = profile_of(slug)
    adapters, simulators, _ = _rooms(slug)
    real: Adapter = importlib.import_module(adapters).create()
    adapter = plant(real) if plant else real
    simulator = importlib.import_module(simulators).create()
    clock = LeapingClock(simulator.clock)
    rows = ShopRows(owner, platform=slug, credentials=dict(profile.credentials))
    await rows.add_connector(shop_currency="EUR", **profile.settings)
    if profile.mapping:
        await rows.run(
            "INSERT INTO mappings (connector_id, account_id, version, body) VALUES ($1, $2, 1, $3)",
            rows.connector, rows.account, dict(profile.mapping),
        )  # fmt: skip
    async with running(simulator) as url, httpx.AsyncClient(timeout=20) as http, _writing(database, clock) as writer:
        simulator.put_shop(profile.host, {**profile.credentials, **profile.shop})
        if profile.limits:
            simulator.put_limits(profile.host, dict(profile.limits))
        jobs = JobRows(rows, database, writer)
        await jobs.begin()
        policy = EgressPolicy.parse(
            allow="127.0.0.0/8", routes=f"{routes(real.manifest, profile.host, url)},*.example.com={url}"
        )
        async with GuardedClient(policy) as client:
            sender = Recording(client)
            tokens = TokenStore(clock, SharedTokens(database, KEYS, clock))
            wiring = Wiring(sender, policy, clock, tokens, lambda: jobs.worker, "laws", lambda: 0.5)

            buckets: dict[str, Bucket] = {}

            def courier(more: Plant | None) -> PlatformCourier:
                made = PlatformCourier({slug: more(adapter) if more else adapter}, database, KEYS, wiring)
                made._shared = LeapingBudgets(database, clock, buckets)
                return made

            with listening() as heard:
                yield Bench(
                    slug, profile, real.manifest, rows, jobs, simulator, Shop(http, url, profile.host, profile.credentials),
                    sender, clock, heard, courier, lambda made: UploadCourier(made, database, writer),
                )  # fmt: skip
    if strict:
        assert simulator.violations.describe() == [], "requests that the published schema does not allow"
