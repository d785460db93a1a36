"""One simulated shop, held through its simulator's control API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class SimulatedShop:
    """A shop at `host` of the simulator at `url`."""

    client: httpx.AsyncClient
    url: str
    host: str

    async def put(self, settings: Mapping[str, Any]) -> None:
        """Makes the shop, or changes its settings; its products stay."""
        (await self.client.put(f"{self.url}/_control/shops/{self.host}", json=dict(settings))).raise_for_status()

    async def limit(self, limits: Mapping[str, Any]) -> None:
        (await self.client.put(f"{self.url}/_control/limits/{self.host}", json=dict(limits))).raise_for_status()

    async def writes(self) -> int:
        """Write requests that the shop has ever been sent."""
        answer = await self.client.get(f"{self.url}/_control/counts", params={"host": self.host})
        answer.raise_for_status()
        return int(answer.json()["requests"]["write"])

    async def last_write(self) -> int:
        """The number of the newest write request in the shop's log."""
        requests = await self._log(0)
        return int(requests[-1]["seq"]) if requests else 0

    async def skus_written(self, since: int) -> set[str]:
        """SKUs that write requests after the number `since` were about."""
        return {str(sku) for request in await self._log(since) for sku in request["skus"]}

    async def _log(self, since: int) -> list[dict[str, Any]]:
        params: dict[str, str | int] = {"host": self.host, "since": since, "kind": "write"}
        answer = await self.client.get(f"{self.url}/_control/requests", params=params)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["requests"]
        return found
