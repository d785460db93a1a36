"""The seller's account: does it answer, in which marketplaces, in which currency, and may we write listings."""

from collections.abc import Mapping
from typing import Any

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import manifest
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import SELLERS, ask, contract_broken, seller_path
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import TestReport


async def test(context: CallContext) -> TestReport:
    """Sheet, "Test connection": the token, the marketplaces (a call that may be made once a minute), the role and the seller id."""
    told, _ = await ask(context, "GET", SELLERS, label=manifest.SELLERS)
    place = marketplace_of(context.settings)
    found = _participation(told, place.id)
    granted, missing = await _role(context)
    marketplace = found["marketplace"]
    seller = context.settings.extra.get("seller_id", "")
    return TestReport(
        shop_identity=f"{context.settings.address}/{seller}/{place.id}",
        shop_name=f"{found.get('storeName') or seller} on {marketplace.get('domainName') or place.id}",
        currency=marketplace.get("defaultCurrencyCode"),
        granted_scopes=granted,
        missing_scopes=missing,
    )


def _participation(told: Any, place: str) -> Mapping[str, Any]:
    rows = told.get("payload") if isinstance(told, Mapping) else None
    if not isinstance(rows, list):
        raise contract_broken("the marketplaces are no list")
    here = [row for row in rows if isinstance(row, Mapping) and (row.get("marketplace") or {}).get("id") == place]
    if not here:
        known = ", ".join(sorted(str((row.get("marketplace") or {}).get("id")) for row in rows)) or "none"
        raise _mend(
            f"The seller does not sell in the marketplace {place}. The account has: {known}. Check the marketplace and the region."
        )
    state = here[0].get("participation") or {}
    if not state.get("isParticipating", True):
        raise _mend(f"The seller's account is not active in the marketplace {place}: activate it in Seller Central.")
    if state.get("hasSuspendedListings"):
        raise _mend(f"Amazon has suspended the seller's listings in the marketplace {place}: see Seller Central.")
    return here[0]


async def _role(context: CallContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """One listing read: Amazon refuses it for want of the role, and for another seller's id."""
    query = {"marketplaceIds": marketplace_of(context.settings).id, "pageSize": "1"}
    try:
        await ask(context, "GET", seller_path(context.settings), label=manifest.SEARCH, query=query)
    except PlatformFault as fault:
        if fault.reason is not ReasonCode.PERMISSION_MISSING:
            raise
        return (), ("Product Listing (or the seller id is another account's)",)
    return manifest.MANIFEST.scopes, ()


def _mend(message: str) -> PlatformFault:
    return PlatformFault(FaultKind.CREDENTIALS, FaultScope.CONNECTOR, ReasonCode.SHOP_GONE, message)
