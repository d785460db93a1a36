"""Read and replace a connector's mapping: checked against what the shop has, versioned, audited. Workers read it with the connector."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.platforms.catalog_words import CatalogWords
from pixee_common.platforms.mapping_check import errors_of, unknown
from pixee_common.platforms.mapping_gaps import Gap, gaps
from pixee_common.platforms.mapping_suggestions import Suggestion, suggestions
from pixee_common.platforms.requirements import Choice, Requirements
from pixee_gateway.problems import Pointer, Problem, invalid, not_found
from pixee_gateway.security.authentication import Caller
from pixee_gateway.usecases import quarantine
from pixee_gateway.usecases.catalog_words import read_words
from pixee_gateway.usecases.resends import ask_resend

_MOST_ERRORS = 50
_CONNECTOR = """
SELECT c.id, m.version, m.body, r.body AS requirements
FROM connectors c
LEFT JOIN mappings m ON m.connector_id = c.id
LEFT JOIN requirements r ON r.connector_id = c.id
WHERE c.id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL AND ($3::text IS NULL OR c.platform = $3)
"""
# A statement of its own: one that waited for a lock would read the mapping as it stood before the wait.
_LOCK = "SELECT 1 FROM connectors WHERE id = $1 AND account_id = $2 FOR UPDATE"
_PRICE_LISTS = "SELECT key FROM price_lists WHERE account_id = $1 ORDER BY key LIMIT 1000"
_KEEP = """
INSERT INTO mappings (connector_id, account_id, version, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (connector_id) DO UPDATE SET version = excluded.version, body = excluded.body, updated_at = now()
"""
_RAISE = "UPDATE connectors SET mapping_version = mapping_version + 1, updated_at = now() WHERE id = $1"
_AUDIT = "INSERT INTO audit_log (account_id, actor, action, target, details) VALUES ($1, $2, $3, $4, $5)"


@dataclass(frozen=True, slots=True)
class KnownMapping:
    """A mapping with what a merchant may want to add to it. Version 0: none was ever written."""

    version: int
    mapping: ConnectorMapping
    suggestions: tuple[Suggestion, ...]
    missing: tuple[Gap, ...]


class Mappings:
    """One mapping for each connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, caller: Caller, connector_id: UUID, only: str | None) -> KnownMapping:
        """The mapping, with suggestions and what is missing. Raises a 404 problem."""
        async with self._database.transaction(caller.account_id) as connection:
            row = await connection.fetchrow(_CONNECTOR, connector_id, caller.account_id, only)
            if row is None:
                raise not_found("connector")
            version, mapping, requirements = _of(row)
            sources = frozenset(rule.source for rule in mapping.attributes)
            words = await read_words(connection, caller.account_id, sources)
        # Thousands of names are compared: in a thread, so that nobody else waits for it.
        return await asyncio.to_thread(_known, version, mapping, words, requirements)

    async def replace(
        self, caller: Caller, connector_id: UUID, only: str | None, wanted: ConnectorMapping, version: int
    ) -> None:
        """Puts the whole mapping in place of the one of that version. Raises 404, 409 and 422 problems.

        Items that were held back after failing are tried again: the mapping may be what they lacked. Where auto-sync is on, what
        the connector has at the shop is gone through by itself.
        """

        async def work(connection: Connection) -> None:
            await connection.execute(_LOCK, connector_id, caller.account_id)
            row = await connection.fetchrow(_CONNECTOR, connector_id, caller.account_id, only)
            if row is None:
                raise not_found("connector")
            current, before, requirements = _of(row)
            if version != current:
                raise _stale(current)
            lists = [one["key"] for one in await connection.fetch(_PRICE_LISTS, caller.account_id)]
            _check(wanted, requirements, lists)
            if wanted == before and current:
                return
            await connection.execute(
                _KEEP, connector_id, caller.account_id, current + 1, wanted.model_dump(mode="json")
            )
            await connection.execute(_RAISE, connector_id)
            await quarantine.release(connection, caller.account_id, connector_id)
            await ask_resend(connection, connector_id)
            details = {"version": current + 1, "changed": _changed(before, wanted)}
            await connection.execute(
                _AUDIT, caller.account_id, caller.key_id, "connector.mapping_changed", str(connector_id), details
            )

        await self._database.run(work, account=caller.account_id)


def _of(row: Any) -> tuple[int, ConnectorMapping, Requirements | None]:
    requirements = None if row["requirements"] is None else Requirements.model_validate(row["requirements"])
    return row["version"] or 0, ConnectorMapping.model_validate(row["body"] or {}), requirements


def _known(
    version: int, mapping: ConnectorMapping, words: CatalogWords, requirements: Requirements | None
) -> KnownMapping:
    offered = () if requirements is None else suggestions(words, mapping, requirements)
    return KnownMapping(version, mapping, offered, gaps(words, mapping, requirements))


def _check(wanted: ConnectorMapping, requirements: Requirements | None, price_lists: Sequence[str]) -> None:
    errors = [Pointer(pointer=one.pointer, detail=one.detail) for one in errors_of(wanted, requirements)]
    if wanted.price_list is not None and wanted.price_list not in price_lists:
        named = unknown("price list", wanted.price_list, [Choice(code=one, label=one) for one in price_lists])
        errors.append(Pointer(pointer="#/price_list", detail=named.replace("the shop has", "the catalog has")))
    if errors:
        raise invalid(*errors[:_MOST_ERRORS])


def _stale(current: int) -> Problem:
    return Problem(
        409,
        "stale_version",
        f"The mapping has version {current} now: read it again, and send that version with your changes.",
        headers={"ETag": f'"{current}"'},
    )


def _changed(before: ConnectorMapping, after: ConnectorMapping) -> list[str]:
    return [part for part in ConnectorMapping.model_fields if getattr(before, part) != getattr(after, part)]
