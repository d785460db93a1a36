"""Create, change, pause, resume and delete connectors. Credentials are sealed here and can never be read here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pixee_common.crypto import KeyRing
from pixee_common.db import Connection, Database
from pixee_common.db.channels import DISPATCH
from pixee_common.domain.ids import new_id
from pixee_common.egress import EgressPolicy
from pixee_common.platforms import Manifest
from pixee_gateway.problems import Pointer, Problem, invalid, not_found
from pixee_gateway.schemas.connectors import ConnectorToChange, ConnectorToCreate
from pixee_gateway.security.authentication import Caller
from pixee_gateway.usecases import quarantine
from pixee_gateway.usecases.auto_sync import checked_auto_sync, set_auto_sync
from pixee_gateway.usecases.connector_input import checked_credentials, checked_settings
from pixee_gateway.usecases.resends import ask_resend

_SAME_SHOP = """
SELECT id, route_key, allow_shared FROM connectors
WHERE account_id = $1 AND platform = $2 AND shop_identity = $3 AND deleted_at IS NULL AND id <> $4
ORDER BY created_at LIMIT 1
"""
_CREATE = """
INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key, allow_shared)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_ADOPT = """
UPDATE listings SET connector_id = $1, updated_at = now()
WHERE account_id = $2 AND connector_id = (
    SELECT id FROM connectors
    WHERE account_id = $2 AND shop_identity = $3 AND platform = $4 AND deleted_at IS NOT NULL
    ORDER BY deleted_at DESC LIMIT 1
)
"""
_SEAL = "INSERT INTO credentials (connector_id, account_id, key_id, ciphertext) VALUES ($1, $2, $3, $4)"
_SEAL_AGAIN = """
UPDATE credentials SET key_id = $3, ciphertext = $4, version = version + 1, updated_at = now()
WHERE connector_id = $1 AND account_id = $2
"""
_LOCK = "SELECT * FROM connectors WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL FOR UPDATE"
_SETTINGS = """
UPDATE connectors SET settings = $2, shop_currency = $3, mapping_version = mapping_version + 1 WHERE id = $1
"""
_RELEASE = """
UPDATE chunks SET not_before = now()
WHERE connector_id = $1 AND state = 'waiting' AND wait_reason IN ('connector_paused', 'credentials_refused', 'permission_missing')
"""
_AUDIT = "INSERT INTO audit_log (account_id, actor, action, target, details) VALUES ($1, $2, $3, $4, $5)"


class ManageConnectors:
    """Every change of a connector leaves a row in the audit log."""

    def __init__(
        self, database: Database, platforms: Mapping[str, Manifest], keys: KeyRing, policy: EgressPolicy
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._keys = keys
        self._policy = policy

    async def create(self, caller: Caller, wanted: ConnectorToCreate) -> UUID:
        """The new connector's id. Raises a 422 or 409 problem."""
        manifest = self._platforms.get(wanted.platform)
        if manifest is None:
            known = ", ".join(sorted(self._platforms))
            raise invalid(Pointer(pointer="#/platform", detail=f"no such platform; there are: {known}"))
        settings, address = checked_settings(manifest, wanted.settings, self._policy)
        credentials = checked_credentials(manifest, wanted.credentials)
        auto_sync = checked_auto_sync(manifest, (), wanted.auto_sync) if wanted.auto_sync is not None else []
        connector_id = new_id()
        sealed = self._keys.seal(connector_id, credentials)

        async def work(connection: Connection) -> None:
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", address.identity)
            same = await connection.fetchrow(
                _SAME_SHOP, caller.account_id, manifest.slug, address.identity, connector_id
            )
            if same is not None and not wanted.allow_shared:
                raise Problem(
                    409,
                    "shop_already_connected",
                    f"The connector {same['id']} serves this shop already; send allow_shared: true if a second one is meant.",
                )
            route = same["route_key"] if same is not None else f"{manifest.slug}:{connector_id}"
            await connection.execute(
                _CREATE, connector_id, caller.account_id, wanted.name, manifest.slug, settings, address.identity, route,
                wanted.allow_shared,
            )  # fmt: skip
            await connection.execute(_SEAL, connector_id, caller.account_id, sealed.key_id, sealed.ciphertext)
            await connection.execute(
                "INSERT INTO routes (route_key, platform) VALUES ($1, $2) ON CONFLICT DO NOTHING", route, manifest.slug
            )
            if same is None:
                await connection.execute(_ADOPT, connector_id, caller.account_id, address.identity, manifest.slug)
            if auto_sync:
                await set_auto_sync(connection, connector_id, (), auto_sync)
            await self._audit(
                connection, caller, "connector.created", connector_id,
                {"platform": manifest.slug, "name": wanted.name} | ({"auto_sync": auto_sync} if auto_sync else {}),
            )  # fmt: skip

        await self._database.run(work, account=caller.account_id)
        return connector_id

    async def change(self, caller: Caller, connector_id: UUID, wanted: ConnectorToChange, only: str | None) -> None:
        """Raises 404, 409 (another shop) or 422 problems."""

        async def work(connection: Connection) -> None:
            row = await self._locked(connection, caller, connector_id, only)
            manifest = self._platforms[row["platform"]]
            changed: list[str] = []
            if wanted.name is not None:
                await connection.execute("UPDATE connectors SET name = $2 WHERE id = $1", connector_id, wanted.name)
                changed.append("name")
            if wanted.settings is not None:
                merged = {n: v for n, v in (row["settings"] | wanted.settings).items() if v is not None}
                settings, address = checked_settings(manifest, merged, self._policy)
                if address.identity != row["shop_identity"]:
                    raise Problem(409, "another_shop", "This is another shop: make a new connector for it.")
                if settings != row["settings"]:
                    await self._set_settings(connection, caller, row, settings)
                    changed.append("settings")
            if wanted.credentials is not None:
                sealed = self._keys.seal(connector_id, checked_credentials(manifest, wanted.credentials))
                await connection.execute(_SEAL_AGAIN, connector_id, caller.account_id, sealed.key_id, sealed.ciphertext)
                await connection.execute(
                    "UPDATE connectors SET status = 'active', last_error = NULL WHERE id = $1 AND status = 'error'",
                    connector_id,
                )
                changed.append("credentials")
            details: dict[str, object] = {"changed": changed}
            if wanted.auto_sync is not None:
                auto_sync = checked_auto_sync(manifest, row["auto_sync"], wanted.auto_sync)
                await set_auto_sync(connection, connector_id, row["auto_sync"], auto_sync)
                changed.append("auto_sync")
                details["auto_sync"] = auto_sync
            await connection.execute("UPDATE connectors SET updated_at = now() WHERE id = $1", connector_id)
            await self._audit(connection, caller, "connector.changed", connector_id, details)
            await self._poke(connection, connector_id, row["route_key"])

        await self._database.run(work, account=caller.account_id)

    @staticmethod
    async def _set_settings(connection: Connection, caller: Caller, row: Any, settings: Mapping[str, str]) -> None:
        """Other settings send other values: what was held back is tried again, what is sent by itself is gone through."""
        await connection.execute(_SETTINGS, row["id"], settings, settings.get("currency") or row["shop_currency"])
        await quarantine.release(connection, caller.account_id, row["id"])
        await ask_resend(connection, row["id"])

    async def pause(self, caller: Caller, connector_id: UUID, only: str | None) -> None:
        """No further call is made until it is resumed; syncs answer 409. Paused twice is paused."""
        await self._set_status(caller, connector_id, only, "paused", "connector.paused")

    async def resume(self, caller: Caller, connector_id: UUID, only: str | None) -> None:
        """Ends a pause, and the status `error`."""
        await self._set_status(caller, connector_id, only, "active", "connector.resumed")

    async def delete(self, caller: Caller, connector_id: UUID, only: str | None) -> None:
        """Soft: calls stop, unsent items are cancelled, credentials are erased, jobs stay readable, listings are kept by shop."""

        async def work(connection: Connection) -> None:
            row = await self._locked(connection, caller, connector_id, only)
            await connection.execute(
                "UPDATE connectors SET deleted_at = now(), erase_after = now(), updated_at = now() WHERE id = $1",
                connector_id,
            )
            await self._audit(connection, caller, "connector.deleted", connector_id, {})
            await self._poke(connection, connector_id, row["route_key"])

        await self._database.run(work, account=caller.account_id)

    async def _set_status(self, caller: Caller, connector_id: UUID, only: str | None, status: str, action: str) -> None:
        async def work(connection: Connection) -> None:
            row = await self._locked(connection, caller, connector_id, only)
            await connection.execute(
                "UPDATE connectors SET status = $2, last_error = NULL, updated_at = now() WHERE id = $1",
                connector_id,
                status,
            )
            await self._audit(connection, caller, action, connector_id, {})
            await self._poke(connection, connector_id, row["route_key"])

        await self._database.run(work, account=caller.account_id)

    @staticmethod
    async def _locked(connection: Connection, caller: Caller, connector_id: UUID, only: str | None) -> Any:
        row = await connection.fetchrow(_LOCK, connector_id, caller.account_id)
        if row is None or (only is not None and row["platform"] != only):
            raise not_found("connector")
        return row

    @staticmethod
    async def _audit(
        connection: Connection, caller: Caller, action: str, connector_id: UUID, details: Mapping[str, object]
    ) -> None:
        await connection.execute(_AUDIT, caller.account_id, caller.key_id, action, str(connector_id), details)

    @staticmethod
    async def _poke(connection: Connection, connector_id: UUID, route_key: str) -> None:
        """What waited for the merchant need not wait for its time as well."""
        await connection.execute(_RELEASE, connector_id)
        await connection.execute("SELECT pg_notify($1, $2)", DISPATCH, route_key)
