"""What a simulated shop's log says of the workers that called it: who, when, how many at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from system.harness import Shop


@dataclass
class Turn:
    """Calls of one worker in a row, nobody else's between them (monotonic ns)."""

    worker: str
    first_ns: int
    last_end_ns: int
    calls: int = 1


def turns(log: Iterable[dict[str, Any]]) -> list[Turn]:
    """Who called the shop, one after another, in the order in which the calls began."""
    found: list[Turn] = []
    for entry in sorted(log, key=lambda e: e["started_ns"]):
        if not entry["worker"]:
            continue
        if found and found[-1].worker == entry["worker"]:
            found[-1].calls += 1
            found[-1].last_end_ns = max(found[-1].last_end_ns, entry["ended_ns"])
        else:
            found.append(Turn(entry["worker"], entry["started_ns"], entry["ended_ns"]))
    return found


def highest_concurrency(log: Iterable[dict[str, Any]]) -> int:
    """The most calls that were under way at one moment."""
    edges = [(e["started_ns"], 1) for e in log] + [(e["ended_ns"], -1) for e in log]
    most = now = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


async def owner_of(shop: Shop) -> str | None:
    """The worker that owns the shop's route now."""
    async with shop.system.database.connection() as connection:
        value = await connection.fetchval(
            "SELECT r.worker_id FROM routes r JOIN connectors c ON c.route_key = r.route_key WHERE c.id = $1::text::uuid",
            shop.connector_id,
        )
    return str(value) if value else None
