"""A connector as the courier needs it: its settings as adapters read them, and its credentials in clear, for as short as possible.

Read anew after two seconds, so that a pause, a deletion or new credentials are seen by the next submission, and at the first chunk
of every job, so that a job uses the mapping that stood when it was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import JsonValue

from pixee_common.clock import Clock
from pixee_common.crypto import Credentials, KeyRing, SealedCredentials
from pixee_common.db import Connection, Database
from pixee_common.domain.ids import AccountId, ConnectorId, RouteKey
from pixee_common.domain.mapping import ANYTHING, ConnectorMapping
from pixee_common.egress import EgressPolicy, HostRule
from pixee_common.platforms.manifest import Manifest
from pixee_workers.sync_base.calls import ConnectorSettings

_FRESH_SECONDS = 2.0

_ROW = """
SELECT c.id, c.account_id, c.platform, c.status, c.settings, c.shop_identity, c.route_key, c.mapping_version,
       c.shop_currency, c.deleted_at, k.key_id, k.ciphertext, k.version, m.body AS mapping
  FROM connectors c
  LEFT JOIN credentials k ON k.connector_id = c.id
  LEFT JOIN mappings m ON m.connector_id = c.id
 WHERE c.id = $1
"""


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector, as it stood at most two seconds ago. `sealed` is null where the credentials were erased."""

    id: ConnectorId
    account_id: AccountId
    platform: str
    status: str
    deleted: bool
    settings: ConnectorSettings
    shop_identity: str
    route_key: RouteKey
    mapping_version: int
    shop_currency: str | None
    currency_conflict: bool
    """The merchant named another currency than the shop has: no price may be sent."""
    sealed: SealedCredentials | None
    credentials_version: int

    @property
    def currency(self) -> str | None:
        """What prices are sent in; null while nobody knows it, or where the two that are known disagree."""
        return None if self.currency_conflict else self.settings.currency


class ConnectorReader:
    """Reads connectors, keeping each row for two seconds."""

    def __init__(self, database: Database, keys: KeyRing, manifests: Mapping[str, Manifest], clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._manifests = manifests
        self._clock = clock
        self._kept: dict[UUID, tuple[float, Connector | None]] = {}

    async def read(self, connector_id: UUID, *, anew: bool = False) -> Connector | None:
        """The connector, deleted ones included; null where there is none or this worker does not know its platform."""
        now = self._clock.monotonic()
        at, kept = self._kept.get(connector_id, (float("-inf"), None))
        if not anew and now - at < _FRESH_SECONDS:
            return kept

        async def work(connection: Connection) -> asyncpg.Record | None:
            return await connection.fetchrow(_ROW, connector_id)

        row = await self._database.run(work, alone=True)
        manifest = self._manifests.get(row["platform"]) if row else None
        found = connector_of(row, manifest) if row and manifest else None
        if len(self._kept) > 10_000:
            self._kept.clear()
        self._kept[connector_id] = (now, found)
        return found

    def forget(self, connector_id: UUID) -> None:
        """What was just learnt of it shall be read by the next."""
        self._kept.pop(connector_id, None)

    def open(self, connector: Connector) -> Credentials:
        """The credentials in clear. Raises CryptoError; empty where there are none."""
        return Credentials({}) if connector.sealed is None else self._keys.open(connector.id, connector.sealed)


def connector_of(row: Mapping[str, Any] | asyncpg.Record, manifest: Manifest) -> Connector:
    """The row as a Connector."""
    settings = {field.name: field.default for field in manifest.settings if field.default is not None}
    given: dict[str, JsonValue] = {**settings, **{k: v for k, v in row["settings"].items() if v not in (None, "")}}
    wanted, known = _text(given.pop("currency", None)), row["shop_currency"]
    sealed = None if row["ciphertext"] is None else SealedCredentials(row["key_id"], row["ciphertext"])
    mapping = ConnectorMapping.model_validate(row["mapping"] or {})
    locale, channel = _text(given.pop("locale", None)), _text(given.pop("channel", None))
    locations = _locations(given.pop("locations", None))
    return Connector(
        id=ConnectorId(row["id"]),
        account_id=AccountId(row["account_id"]),
        platform=row["platform"],
        status=row["status"],
        deleted=row["deleted_at"] is not None,
        settings=ConnectorSettings(
            address=_text(given.pop(manifest.host.address_setting, "")) or "",
            currency=wanted or known,
            locale=mapping.locale or locale,
            channel=mapping.channel or channel,
            locations=_mapped_locations(mapping) if mapping.locations else locations,
            on_delete=_on_delete(given.pop("on_delete", None)),
            extra={name: text for name, value in given.items() if (text := _text(value)) is not None},
            mapping=mapping,
        ),
        shop_identity=row["shop_identity"],
        route_key=RouteKey(row["route_key"]),
        mapping_version=row["mapping_version"],
        shop_currency=known,
        currency_conflict=bool(wanted and known and wanted != known),
        sealed=sealed,
        credentials_version=row["version"] or 0,
    )


def with_currency(connector: Connector, currency: str) -> Connector:
    """The connector, now that the shop's currency is known."""
    wanted = connector.settings.currency
    return replace(
        connector,
        shop_currency=currency,
        currency_conflict=wanted is not None and wanted != currency,
        settings=connector.settings.model_copy(update={"currency": wanted or currency}),
    )


def host_rule(manifest: Manifest, settings: ConnectorSettings, policy: EgressPolicy) -> HostRule:
    """Where this connector's requests may go: the platform's hosts, or for a self-hosted shop its own host alone.

    Without TLS only where the platform can, the operator permits it, and the shop's own address says so.
    """
    spec, host = manifest.host, host_of(settings.address)
    plain = settings.address.lower().startswith("http://") and "http" in policy.schemes_for(host, spec.schemes)
    return HostRule(
        pattern=spec.pattern if spec.pattern is not None else _escaped(host),
        ports=frozenset(spec.ports),
        schemes=frozenset({"http"} if plain else {"https"}),
        also=frozenset(spec.extra_hosts),
    )


def host_of(address: str) -> str:
    """The lower-case host of an address, which may be a host or a URL."""
    rest = address.partition("://")[2] or address
    authority = rest.partition("/")[0].rpartition("@")[2]
    return authority.partition(":")[0].lower()


def _escaped(host: str) -> str:
    return "".join(character if character.isalnum() else f"\\{character}" for character in host)


def _mapped_locations(mapping: ConnectorMapping) -> tuple[str, ...]:
    return () if ANYTHING in mapping.locations else tuple(mapping.locations)


def _text(value: JsonValue) -> str | None:
    return None if value is None or value == "" else str(value)


def _on_delete(value: JsonValue) -> str:
    return str(value) if value in {"keep", "unpublish", "delete"} else "unpublish"


def _locations(value: JsonValue) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return tuple(text for part in parts if (text := str(part).strip()))
