"""The settings of a worker beyond those that every service has."""

import tempfile
from pathlib import Path

from pydantic import Field

from pixee_common.service import Settings

__all__ = ["WorkerSettings"]


class WorkerSettings(Settings):
    """What this worker serves."""

    platforms: str = Field(
        "all",
        validation_alias="PIXEE_WORKER_PLATFORMS",
        description="Platforms that this worker serves: all, or slugs separated by commas.",
    )

    files: str = Field(
        "",
        validation_alias="PIXEE_WORKER_FILES",
        description="Folder for files on their way to and from platforms (empty: the system's temporary one); leftovers of a "
        "crash are removed at the start.",
    )

    @property
    def folder(self) -> Path:
        """Where files stand while they are made, sent and read."""
        return Path(self.files) if self.files else Path(tempfile.gettempdir()) / "pixee-files"

    def serves(self, slug: str) -> bool:
        """Whether this platform is one of ours."""
        return self.platforms.strip() == "all" or slug in self.wanted()

    def wanted(self) -> frozenset[str]:
        """The slugs that were named one by one; empty for all."""
        text = self.platforms.strip()
        return frozenset() if text == "all" else frozenset(part.strip() for part in text.split(",") if part.strip())
