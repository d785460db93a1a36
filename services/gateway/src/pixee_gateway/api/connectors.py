"""The connectors' routes: one factory, for `/api/v1/connectors/` and for the platforms that have a router of their own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from pixee_gateway.api.mappings import add_mappings
from pixee_gateway.api.quarantine import add_quarantine
from pixee_gateway.api.responses import NOT_FOUND, PROBLEMS
from pixee_gateway.api.syncs import add_syncs
from pixee_gateway.schemas.connectors import (
    ConnectorDetail,
    ConnectorPage,
    ConnectorSummary,
    ConnectorToChange,
    ConnectorToCreate,
    PageMeta,
    TestAnswer,
)
from pixee_gateway.schemas.jobs import JobPage
from pixee_gateway.state import CallerOf, Cases


def connectors_router(prefix: str, *, only: str | None = None) -> APIRouter:
    """Routes under `prefix`; with `only`, those of one platform: any other connector is then not found."""
    router = APIRouter(prefix=prefix, tags=[only or "connectors"], responses=PROBLEMS)
    name = f"{only}_" if only else ""
    _add_reads(router, name, only)
    add_syncs(router, name, only)
    add_quarantine(router, name, only)
    add_mappings(router, name, only)
    return router


def _add_reads(router: APIRouter, name: str, only: str | None) -> None:
    @router.get("/", operation_id=f"{name}list_connectors", summary="List connectors")
    async def list_connectors(
        cases: Cases,
        caller: CallerOf,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> ConnectorPage:
        """All connectors of the account, oldest first."""
        rows, total = await cases.read_connectors.page(caller, page, per_page, only)
        pages = -(-total // per_page)
        meta = PageMeta(
            total=total, page=page, per_page=per_page, total_pages=pages, has_next=page < pages, has_previous=page > 1
        )
        return ConnectorPage(items=[ConnectorSummary.model_validate(row) for row in rows], meta=meta)

    @router.get("/{connector_id}", operation_id=f"{name}get_connector", summary="Get a connector", responses=NOT_FOUND)
    async def get_connector(connector_id: UUID, cases: Cases, caller: CallerOf) -> ConnectorDetail:
        """A connector and its current sync status."""
        return ConnectorDetail.model_validate(await cases.read_connectors.one(caller, connector_id, only))

    @router.post(
        "/{connector_id}/test", operation_id=f"{name}test_connector", summary="Test a connector", responses=NOT_FOUND
    )
    async def test_connector(connector_id: UUID, cases: Cases, caller: CallerOf) -> TestAnswer:
        """Asks the shop; moves no data. `success: false` comes with a message that names what to mend."""
        return TestAnswer.model_validate(await cases.test_connector(caller, connector_id, only), extra="ignore")


def management_router() -> APIRouter:
    """What stands under `/api/v1/connectors` alone, for connectors of every platform."""
    router = APIRouter(prefix="/api/v1/connectors", tags=["connectors"], responses=PROBLEMS)

    @router.post("/", status_code=201, operation_id="create_connector", summary="Create a connector")
    async def create_connector(
        wanted: ConnectorToCreate, response: Response, cases: Cases, caller: CallerOf
    ) -> ConnectorDetail:
        """Connects a shop. The credentials are sealed and never shown again."""
        connector_id = await cases.manage_connectors.create(caller, wanted)
        response.headers["Location"] = f"/api/v1/connectors/{connector_id}"
        return ConnectorDetail.model_validate(await cases.read_connectors.one(caller, connector_id, None))

    @router.patch("/{connector_id}", operation_id="update_connector", summary="Change a connector", responses=NOT_FOUND)
    async def update_connector(
        connector_id: UUID, wanted: ConnectorToChange, cases: Cases, caller: CallerOf
    ) -> ConnectorDetail:
        """Name, settings, credentials; never the shop itself."""
        await cases.manage_connectors.change(caller, connector_id, wanted, None)
        return ConnectorDetail.model_validate(await cases.read_connectors.one(caller, connector_id, None))

    @router.delete(
        "/{connector_id}",
        status_code=204,
        operation_id="delete_connector",
        summary="Delete a connector",
        responses=NOT_FOUND,
    )
    async def delete_connector(connector_id: UUID, cases: Cases, caller: CallerOf) -> None:
        """Calls stop, unsent items are cancelled, credentials are erased. Jobs stay readable."""
        await cases.manage_connectors.delete(caller, connector_id, None)

    @router.post(
        "/{connector_id}/pause", operation_id="pause_connector", summary="Pause a connector", responses=NOT_FOUND
    )
    async def pause_connector(connector_id: UUID, cases: Cases, caller: CallerOf) -> ConnectorDetail:
        """No calls are made until it is resumed."""
        await cases.manage_connectors.pause(caller, connector_id, None)
        return ConnectorDetail.model_validate(await cases.read_connectors.one(caller, connector_id, None))

    @router.post(
        "/{connector_id}/resume", operation_id="resume_connector", summary="Resume a connector", responses=NOT_FOUND
    )
    async def resume_connector(connector_id: UUID, cases: Cases, caller: CallerOf) -> ConnectorDetail:
        """Ends a pause, or the status `error`."""
        await cases.manage_connectors.resume(caller, connector_id, None)
        return ConnectorDetail.model_validate(await cases.read_connectors.one(caller, connector_id, None))

    @router.get(
        "/{connector_id}/jobs",
        operation_id="list_connector_jobs",
        summary="List a connector's jobs",
        responses=NOT_FOUND,
    )
    async def list_connector_jobs(
        connector_id: UUID,
        cases: Cases,
        caller: CallerOf,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> JobPage:
        """Newest first."""
        items, following = await cases.jobs.of_connector(caller, connector_id, None, cursor, limit)
        return JobPage(items=items, next_cursor=following)

    return router
