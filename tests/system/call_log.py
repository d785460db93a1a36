"""What a simulated shop's log says of the workers that called it: who, when, how many at once."""

from collections.abc import Iterable
from typing import Any

from system.harness import Shop


def calls_after(log: Iterable[dict[str, Any]], worker: str, moment_ns: int) -> list[dict[str, Any]]:
    """Calls that this worker began after the moment."""
    return [e for e in log if e["worker"] == worker and e["started_ns"] > moment_ns]


def successors_first_ns(log: Iterable[dict[str, Any]], old: str, since_ns: int) -> int | None:
    """When somebody else than `old` first called the shop after `since_ns`."""
    others = [e["started_ns"] for e in log if e["worker"] not in {"", old} and e["started_ns"] > since_ns]
    return min(others, default=None)


def last_end_ns(log: Iterable[dict[str, Any]], worker: str) -> int:
    """When the last call of this worker had its answer."""
    return max((e["ended_ns"] for e in log if e["worker"] == worker), default=0)


def highest_concurrency(log: Iterable[dict[str, Any]]) -> int:
    """The most calls that were under way at one moment."""
    edges = [(e["started_ns"], 1) for e in log] + [(e["ended_ns"], -1) for e in log]
    most = now = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


def calls_beside_another_worker(log: Iterable[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of calls of different workers that were under way at the same moment."""
    calls = sorted((e for e in log if e["worker"]), key=lambda e: e["started_ns"])
    found, under_way = [], list[dict[str, Any]]()
    for call in calls:
        under_way = [other for other in under_way if other["ended_ns"] > call["started_ns"]]
        found += [(other, call) for other in under_way if other["worker"] != call["worker"]]
        under_way.append(call)
    return found


async def owner_of(shop: Shop) -> str | None:
    """The worker that owns the shop's route now."""
    async with shop.system.database.connection() as connection:
        value = await connection.fetchval(
            "SELECT r.worker_id FROM routes r JOIN connectors c ON c.route_key = r.route_key WHERE c.id = $1::text::uuid",
            shop.connector_id,
        )
    return str(value) if value else None
