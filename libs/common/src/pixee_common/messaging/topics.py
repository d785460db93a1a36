"""The table of topics: who writes, who reads, how many partitions, how long. Provisioning, docs and AsyncAPI are made from it."""

from dataclasses import dataclass

from pixee_common.events import (
    CatalogChanged,
    DeadLettered,
    Event,
    JobChanged,
    ListingGone,
    RouteRung,
    SyncProgress,
    SyncRequested,
)
from pixee_common.platforms import catalogue

_DAY_MS = 24 * 3600 * 1000

REQUESTED = "pixee.sync.requested.v1"
CATALOG_CHANGED = "pixee.catalog.changed.v1"
PROGRESS = "pixee.sync.progress.v1"
JOBS = "pixee.sync.jobs.v1"
LISTINGS = "pixee.sync.listings.v1"
DEAD_LETTER = "pixee.sync.dead-letter.v1"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `partitions` is (embedded and compose, production); a keyed topic's count is never raised in place."""

    name: str
    event: type[Event]
    key: str
    partitions: tuple[int, int]
    retention_days: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    meaning: str

    @property
    def configuration(self) -> dict[str, str]:
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_days * _DAY_MS)}


def platform_topic(slug: str) -> str:
    """The topic of one platform's bells."""
    return f"pixee.sync.{slug.replace('_', '-')}.v1"


_SHARED = (
    Topic(REQUESTED, SyncRequested, "connector id", (3, 12), 7, ("gateway",), ("sync-orchestrator",), "A job was accepted."),
    Topic(
        CATALOG_CHANGED, CatalogChanged, "account id:entity key", (6, 24), 7,
        ("other services", "pixee catalog import", "sync-orchestrator"), ("sync-orchestrator", "other services"),
        "Something changed in the catalog.",
    ),
    Topic(
        PROGRESS, SyncProgress, "job id", (6, 12), 7, ("platform-workers",), ("sync-orchestrator", "dashboards"),
        "A chunk got outcomes, or waits.",
    ),
    Topic(JOBS, JobChanged, "connector id", (3, 12), 30, ("sync-orchestrator",), ("other services", "dashboards"), "A job changed its state."),
    Topic(
        LISTINGS, ListingGone, "connector id", (3, 12), 30, ("sync-orchestrator",), ("other services", "dashboards"),
        "A listing was removed at the shop by hand.",
    ),
    Topic(DEAD_LETTER, DeadLettered, "dead letter id", (3, 6), 30, ("every service",), ("pixee dlq",), "A message nobody could read."),
)  # fmt: skip


def topics() -> tuple[Topic, ...]:
    """Every topic, the platforms' included."""
    return (
        *_SHARED,
        *(
            Topic(
                platform_topic(slug), RouteRung, "route key", (6, 12), 1, ("sync-orchestrator",), ("platform-workers",),
                f"A route of {manifest.title} has work.",
            )
            for slug, manifest in sorted(catalogue().items())
        ),
    )  # fmt: skip
