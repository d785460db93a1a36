"""The platforms' route."""

from typing import Any

from fastapi import APIRouter

from pixee_gateway.api.responses import PROBLEMS
from pixee_gateway.state import CallerOf, Cases

router = APIRouter(prefix="/api/v1/platforms", tags=["platforms"], responses={k: PROBLEMS[k] for k in (401, 403)})


@router.get("", operation_id="list_platforms", summary="List platforms")
async def list_platforms(cases: Cases, _caller: CallerOf) -> list[dict[str, Any]]:
    """What a connector for each platform needs, what it can do, and whether a worker for it is alive."""
    return await cases.platforms.listed()
