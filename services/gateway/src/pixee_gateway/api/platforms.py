"""The platforms' route."""

from typing import Any

from fastapi import APIRouter

from pixee_gateway.api.responses import PROBLEMS
from pixee_gateway.state import CallerOf, Cases

router = APIRouter(prefix="/api/v1/platforms", tags=["platforms"], responses={k: PROBLEMS[k] for k in (401, 403)})

_EXAMPLE = {
    "slug": "shopify",
    "title": "Shopify",
    "api_version": "2026-10",
    "workers": "alive",
    "credentials": [
        {"name": "access_token", "label": "Admin API access token", "help": "It begins with shpat_.", "pattern": "shp[a-z]{2}_[A-Za-z0-9]+"}
    ],
    "credential_sets": [["access_token"]],
    "settings": [
        {"name": "currency", "label": "Currency", "help": "ISO 4217.", "required": False, "pattern": "[A-Z]{3}", "choices": [], "default": None}
    ],
    "operations": {"push_products": {"supported": True, "reason": None}},
}  # fmt: skip


@router.get(
    "",
    operation_id="list_platforms",
    summary="List platforms",
    responses={200: {"content": {"application/json": {"example": [_EXAMPLE]}}}},
)
async def list_platforms(cases: Cases, _caller: CallerOf) -> list[dict[str, Any]]:
    """What a connector for each platform needs, what it can do, and whether a worker for it is alive."""
    return await cases.platforms.listed()
