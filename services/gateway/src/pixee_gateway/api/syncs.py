"""The four syncs' routes, each of which accepts a job and answers at once."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from pixee_common.domain.job import Operation
from pixee_gateway.api.idempotency import IdempotencyKey, bound
from pixee_gateway.api.responses import NOT_FOUND
from pixee_gateway.schemas.sync import ProductsQueued, PullScope, PushScope, SyncQueued
from pixee_gateway.security.authentication import Caller
from pixee_gateway.state import CallerOf, Cases
from pixee_gateway.usecases.start_sync import Accepted, StartSync


@dataclass(frozen=True, slots=True)
class SyncCall:
    """What every sync has in common: who asks for which connector, and the headers of the answer."""

    connector_id: UUID
    request: Request
    response: Response
    start_sync: StartSync
    caller: Caller
    key: str | None

    async def start(
        self, operation: Operation, only: str | None, *, scope: PushScope | None = None, mode: str | None = None
    ) -> Accepted:
        """The accepted job; sets `Location`, and `Idempotent-Replayed` where the answer is an earlier one."""
        accepted = await self.start_sync(
            self.caller,
            self.connector_id,
            operation,
            product_ids=scope.product_ids if scope else None,
            mode=mode,
            only_platform=only,
            idempotency=await bound(self.key, self.request),
        )
        self.response.headers["Location"] = f"/api/v1/jobs/{accepted.job_id}"
        if accepted.replayed:
            self.response.headers["Idempotent-Replayed"] = "true"
        return accepted


async def _sync_call(
    connector_id: UUID,
    request: Request,
    response: Response,
    cases: Cases,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> SyncCall:
    return SyncCall(connector_id, request, response, cases.start_sync, caller, idempotency_key)


Call = Annotated[SyncCall, Depends(_sync_call)]


def add_syncs(router: APIRouter, name: str, only: str | None) -> None:
    """Adds push-products, pull-products, push-stock and push-prices to a router of connectors."""

    @router.post(
        "/{connector_id}/sync/push-products",
        status_code=202,
        operation_id=f"{name}push_products",
        summary="Push products",
        responses=NOT_FOUND,
    )
    async def push_products(call: Call, body: PushScope | None = None) -> ProductsQueued:
        """Sends the catalog's products, or the named ones, in chunks of 100."""
        return ProductsQueued.model_validate((await call.start(Operation.PUSH_PRODUCTS, only, scope=body)).body)

    @router.post(
        "/{connector_id}/sync/pull-products",
        status_code=202,
        operation_id=f"{name}pull_products",
        summary="Pull products",
        responses=NOT_FOUND,
    )
    async def pull_products(call: Call, body: PullScope | None = None) -> SyncQueued:
        """Takes the shop's products: matched by external id or EAN and updated; new ones are created."""
        mode = body.mode if body else "auto"
        return SyncQueued.model_validate((await call.start(Operation.PULL_PRODUCTS, only, mode=mode)).body)

    @router.post(
        "/{connector_id}/sync/push-stock",
        status_code=202,
        operation_id=f"{name}push_stock",
        summary="Push stock",
        responses=NOT_FOUND,
    )
    async def push_stock(call: Call, body: PushScope | None = None) -> SyncQueued:
        """Sends quantities, and nothing else: of the whole catalog, or of the named products."""
        return SyncQueued.model_validate((await call.start(Operation.PUSH_STOCK, only, scope=body)).body)

    @router.post(
        "/{connector_id}/sync/push-prices",
        status_code=202,
        operation_id=f"{name}push_prices",
        summary="Push prices",
        responses=NOT_FOUND,
    )
    async def push_prices(call: Call, body: PushScope | None = None) -> SyncQueued:
        """Sends the channel's price of the matching price list, else the base price."""
        return SyncQueued.model_validate((await call.start(Operation.PUSH_PRICES, only, scope=body)).body)
