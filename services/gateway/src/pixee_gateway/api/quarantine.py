"""The quarantine's routes: what is held back at a connector, and letting it go. Part of every connectors router."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pixee_gateway.api.responses import NOT_FOUND
from pixee_gateway.schemas.quarantine import PushOperation, QuarantinePage, QuarantineScope, Released
from pixee_gateway.state import CallerOf, Cases


def add_quarantine(router: APIRouter, name: str, only: str | None) -> None:
    """Adds the list and the release to a router of connectors."""

    @router.get(
        "/{connector_id}/quarantine",
        operation_id=f"{name}list_quarantine",
        summary="List what is in quarantine",
        responses=NOT_FOUND,
    )
    async def list_quarantine(
        connector_id: UUID,
        cases: Cases,
        caller: CallerOf,
        operation: PushOperation | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> QuarantinePage:
        """Items that failed three times in the same way: they are left alone until they are corrected or released."""
        items, following = await cases.quarantine.page(
            caller, connector_id, only, operation=operation, cursor=cursor, limit=limit
        )
        return QuarantinePage(items=items, next_cursor=following)

    @router.post(
        "/{connector_id}/quarantine/release",
        operation_id=f"{name}release_quarantine",
        summary="Release from quarantine",
        responses=NOT_FOUND,
    )
    async def release_quarantine(
        connector_id: UUID, cases: Cases, caller: CallerOf, body: QuarantineScope | None = None
    ) -> Released:
        """Forgets the failures of the named items, or of all: the next push tries them."""
        scope = body or QuarantineScope()
        released = await cases.quarantine.release(caller, connector_id, only, scope.product_ids, scope.operation)
        return Released(released=released)
