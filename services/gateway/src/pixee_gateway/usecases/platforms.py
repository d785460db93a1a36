"""The platforms that a connector can be made for, and whether anybody works for them right now."""

from collections.abc import Mapping
from typing import Any

from pixee_common.db import Database
from pixee_common.platforms import Manifest

_ALIVE = "SELECT DISTINCT unnest(platforms) AS slug FROM workers WHERE heartbeat_at > now() - interval '10 seconds'"


class Platforms:
    """Reads the catalogue of manifests and the table of workers."""

    def __init__(self, database: Database, platforms: Mapping[str, Manifest]) -> None:
        self._database = database
        self._platforms = platforms

    async def listed(self) -> list[dict[str, Any]]:
        """Every platform with what a connector needs; `workers` is `alive` or `no_worker`."""
        async with self._database.connection() as connection:
            alive = {row["slug"] for row in await connection.fetch(_ALIVE)}
        return [
            {
                "slug": manifest.slug,
                "title": manifest.title,
                "api_version": manifest.api_version,
                "workers": "alive" if manifest.slug in alive else "no_worker",
                "credentials": [field.model_dump() for field in manifest.credentials],
                "credential_sets": [list(one) for one in manifest.credential_sets],
                "settings": [field.model_dump(exclude={"rewrites"}) for field in manifest.settings],
                "operations": {
                    operation: {
                        "supported": operation in manifest.capabilities,
                        "reason": manifest.unsupported.get(operation),
                    }
                    for operation in (*manifest.capabilities, *manifest.unsupported)
                },
            }
            for manifest in self._platforms.values()
        ]
