"""Webhooks in: the one address that a shop calls, without an API key, with its own signature (WooCommerce's headers)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from pixee_gateway.api.responses import NOT_FOUND, PROBLEMS
from pixee_gateway.problems import Problem
from pixee_gateway.state import Cases
from pixee_gateway.usecases.accept_webhook import Delivery

MOST_BYTES = 262_144
"""A product with a long description has some 50 kB."""
_LONGEST_WORD = 200
_ANSWERS: dict[int | str, dict[str, Any]] = {
    **{status: PROBLEMS[status] for status in (401, 413, 503)},
    **NOT_FOUND,
    200: {"description": "A ping: the address is right"},
}


def webhooks_router(slug: str) -> APIRouter:
    """`POST /api/v1/<slug>/{connector_id}/webhooks`."""
    router = APIRouter(prefix=f"/api/v1/{slug}", tags=[slug], responses=_ANSWERS)

    @router.post(
        "/{connector_id}/webhooks",
        status_code=202,
        operation_id=f"{slug}_webhook",
        summary="A webhook of the shop",
        openapi_extra={"security": []},
    )
    async def webhook(connector_id: UUID, request: Request, response: Response, cases: Cases) -> None:
        """For the shop, not for people: signed in `X-WC-Webhook-Signature` with the connector's `webhook_secret`.

        Kept and answered at once; a worker verifies it later. A product that changed at the shop starts an incremental pull;
        what we wrote ourselves does not. One that was removed there is made anew by the next push.
        """
        body = await _bounded(request)
        if body.startswith(b"webhook_id=") and "x-wc-webhook-signature" not in request.headers:
            response.status_code = 200
            return
        delivery = Delivery(
            topic=_word(request, "x-wc-webhook-topic"),
            delivery_id=_word(request, "x-wc-webhook-delivery-id"),
            signature=_word(request, "x-wc-webhook-signature"),
            body=body,
        )
        if not delivery.signature:
            raise Problem(401, "signature_missing", "A webhook carries its signature in X-WC-Webhook-Signature.")
        await cases.accept_webhook(connector_id, slug, delivery)

    return router


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Problem(413, "too_large", f"A webhook may have at most {MOST_BYTES // 1024} kB.")
    return bytes(body)


def _word(request: Request, name: str) -> str:
    return request.headers.get(name, "").replace("\x00", "")[:_LONGEST_WORD]
