"""Accept a sync: one call of the database function `submit_job`, which is one transaction and one round trip."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from pixee_common.db import Database
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation
from pixee_common.events import SyncRequested, headers_for
from pixee_common.messaging.topics import REQUESTED
from pixee_common.platforms import Manifest
from pixee_common.telemetry import inject
from pixee_gateway.problems import Pointer, Problem, invalid, not_found
from pixee_gateway.security.authentication import Caller

MOST_QUEUED = 100

_SUBMIT = """
SELECT * FROM submit_job($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """An `Idempotency-Key` with what it is bound to."""

    key: str
    route: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The documented body, and whether it is that of an earlier request with the same key."""

    job_id: UUID
    body: Mapping[str, Any]
    replayed: bool


class StartSync:
    """Starts syncs. `job_days` is the age at which an unfinished job ends."""

    def __init__(self, database: Database, platforms: Mapping[str, Manifest], *, job_days: float = 7.0) -> None:
        self._database = database
        self._platforms = platforms
        self.job_age = timedelta(days=job_days)
        self.supporting = {
            operation: [slug for slug, manifest in platforms.items() if operation in manifest.capabilities]
            for operation in Operation
        }

    async def __call__(
        self,
        caller: Caller,
        connector_id: UUID,
        operation: Operation,
        *,
        product_ids: Sequence[UUID] | None = None,
        mode: str | None = None,
        only_platform: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Accepted:
        """The accepted job, or the one that it was attached to. Raises a Problem for everything else."""
        ids = sorted(set(product_ids)) if product_ids is not None else None
        scope = {"mode": mode} if mode else {"product_ids": [str(i) for i in ids]} if ids is not None else None
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                _SUBMIT,
                caller.account_id,
                connector_id,
                only_platform,
                self.supporting[operation],
                operation,
                new_id(),
                scope,
                hashlib.sha256(orjson.dumps(scope)).hexdigest(),
                ids,
                caller.key_id,
                inject().get("traceparent"),
                REQUESTED,
                request_headers(),
                datetime.now(UTC) + self.job_age,
                MOST_QUEUED,
                idempotency.key if idempotency else None,
                idempotency.route if idempotency else None,
                idempotency.body_sha256 if idempotency else None,
            )
        if row is None or row["verdict"] not in {"created", "attached", "replayed"}:
            raise self.refusal(row, operation)
        body: dict[str, Any] = row["answer"]
        return Accepted(UUID(body["job_id"]), body, row["verdict"] == "replayed")

    def refusal(self, row: Any, operation: Operation) -> Problem:
        """The problem that a verdict of the database stands for."""
        verdict = row["verdict"] if row is not None else "no_connector"
        if verdict == "no_connector":
            return not_found("connector")
        if verdict == "unsupported":
            manifest = self._platforms.get(row["platform"])
            reason = manifest.unsupported.get(operation) if manifest else None
            return Problem(
                422, "unsupported_operation", reason or f"The platform {row['platform']} has no {operation}."
            )
        if verdict == "unknown_products":
            pointers = [Pointer(pointer="#/product_ids", detail=f"unknown product {i}") for i in row["unknown"][:100]]
            return invalid(
                *pointers,
                code="unknown_products",
                detail=f"{len(row['unknown'])} of the product ids are not in the catalog; nothing was queued.",
            )
        return {
            "paused": Problem(409, "connector_paused", "The connector is paused: resume it first."),
            "too_many": Problem(
                429,
                "too_many_queued",
                f"{MOST_QUEUED} jobs of this kind are queued for the connector already; wait for one to begin.",
                headers={"Retry-After": "30"},
            ),
            "mismatch": Problem(
                422, "idempotency_key_reused", "This Idempotency-Key was used with another body: take a new key."
            ),
            "in_progress": Problem(
                409,
                "request_in_progress",
                "A request with this Idempotency-Key is being handled: try again in a moment.",
            ),
        }[verdict]


def request_headers() -> dict[str, str]:
    """The envelope of `sync.requested`: its body is built by the database, which alone knows the platform."""
    return headers_for(SyncRequested, source="gateway", trace=inject())
