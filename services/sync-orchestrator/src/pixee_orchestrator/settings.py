"""What can be set for the orchestrator alone."""

from pydantic import Field

from pixee_common.service import Settings

__all__ = ["OrchestratorSettings"]


class OrchestratorSettings(Settings):
    """How long things are kept, and when something counts as dead or overdue."""

    keep_days: int = Field(
        30, validation_alias="PIXEE_KEEP_DAYS", ge=2, description="Days that finished jobs and their chunks are kept."
    )
    job_days: float = Field(
        7, validation_alias="PIXEE_JOB_DAYS", gt=0, description="Age in days at which an unfinished job ends."
    )
    dead_after_seconds: float = Field(
        10,
        validation_alias="PIXEE_WORKER_DEAD_SECONDS",
        gt=0,
        description="Seconds without a heartbeat after which a worker is declared dead.",
    )
    page_items: int = Field(
        10_000,
        validation_alias="PIXEE_PLAN_PAGE_ITEMS",
        ge=100,
        le=100_000,
        description="Items planned in one transaction; also the most that one job of auto-sync sends.",
    )
    auto_sync_seconds: float = Field(
        1,
        validation_alias="PIXEE_AUTO_SYNC_SECONDS",
        ge=0,
        description="Least seconds between two jobs that auto-sync makes for one connector and operation; ten times as many while the catalog is behind its changes.",
    )
