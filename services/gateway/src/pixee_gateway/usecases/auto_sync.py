"""Switches auto-sync of a connector, per operation. Off by default: a shop is written only when its merchant said so."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import Operation
from pixee_common.platforms import Manifest
from pixee_gateway.problems import Pointer, invalid
from pixee_gateway.schemas.auto_sync import AutoSync, AutoSyncToChange
from pixee_gateway.usecases.resends import ask_resend, drop_resends

__all__ = ["checked_auto_sync", "set_auto_sync", "shown_auto_sync"]

_SET = "UPDATE connectors SET auto_sync = $2 WHERE id = $1"
_DROP_PENDING = "DELETE FROM pending_changes WHERE connector_id = $1 AND operation = ANY($2::text[])"


def checked_auto_sync(manifest: Manifest, stands: Iterable[str], wanted: AutoSyncToChange) -> list[str]:
    """The operations that are on afterwards. Raises a 422 problem for one that the platform does not have."""
    asked = {Operation(name): on for name, on in wanted.model_dump(exclude_none=True).items()}
    faults = [
        Pointer(
            pointer=f"#/auto_sync/{operation}",
            detail=manifest.unsupported.get(operation) or f"{manifest.title} has no {operation}",
        )
        for operation, on in asked.items()
        if on and operation not in manifest.capabilities
    ]
    if faults:
        raise invalid(*faults)
    return sorted((set(stands) | {name for name, on in asked.items() if on}) - {n for n, on in asked.items() if not on})


async def set_auto_sync(connection: Connection, connector_id: UUID, before: Iterable[str], after: list[str]) -> None:
    """Writes it. What was switched on brings what the shop has into step; what waits for an operation that is off now is dropped."""
    await connection.execute(_SET, connector_id, after)
    on, off = set(after) - set(before), sorted(set(before) - set(after))
    if off:
        await drop_resends(connection, connector_id, off)
        await connection.execute(_DROP_PENDING, connector_id, off)
    if on:
        await ask_resend(connection, connector_id, on)


def shown_auto_sync(row: Any) -> AutoSync | None:
    """As a connector's body shows it: null, and so left out of the body, while nothing is on."""
    return AutoSync(**dict.fromkeys(row["auto_sync"], True)) if row["auto_sync"] else None
