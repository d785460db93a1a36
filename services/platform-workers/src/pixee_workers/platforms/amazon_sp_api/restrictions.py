"""Whether the seller may sell on an item of Amazon's catalog: asked before an offer is made (sheet, "Push products": flow per SKU).

Asked only for new offers: what is listed already is judged by Amazon's issues, and an item that is new to the catalog has no ASIN
to ask for. An answer holds for a few minutes, so a job that is repeated does not ask again for every item.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.faults import RESTRICTED, RESTRICTION_RULES
from pixee_workers.platforms.amazon_sp_api.manifest import APPLICATION_RESTRICTIONS, RESTRICTIONS
from pixee_workers.platforms.amazon_sp_api.marketplaces import language_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import RESTRICTION_PATH, ask, contract_broken
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Refusal

_FRESH = timedelta(minutes=10)
_MOST_KEPT = 5_000
_KEPT = "restrictions"
_FIELD = f"attributes.{wire.ASIN}"


async def restriction(context: CallContext, sku: str, asin: str, condition: str) -> Refusal | None:
    """Why the seller may not offer the ASIN in this condition, with what to do; null: nothing is known against it."""
    kept: dict[str, tuple[datetime, tuple[str | None, str] | None]] = context.memory.setdefault(_KEPT, {})
    key = f"{asin}:{condition}"
    at, told = kept.pop(key, (None, None))
    if at is None or context.now() - at >= _FRESH:
        at, told = context.now(), await _asked(context, asin, condition)
    kept[key] = (at, told)
    for old in list(kept)[: max(0, len(kept) - _MOST_KEPT)]:
        del kept[old]
    if told is None:
        return None
    code, words = told
    rule = RESTRICTION_RULES.get(code or "", RESTRICTED)
    return Refusal(rule.reason, f"{sku}: {rule.message.format(asin=asin)} {words}".rstrip(), _FIELD)


async def _asked(context: CallContext, asin: str, condition: str) -> tuple[str | None, str] | None:
    """Code and words of the first restriction."""
    place = marketplace_of(context.settings).id
    query = {
        "asin": asin,
        "conditionType": condition,
        "sellerId": context.settings.extra.get("seller_id", ""),
        "marketplaceIds": place,
        "reasonLocale": language_of(context.settings),
    }
    try:
        told, _ = await ask(
            context, "GET", RESTRICTION_PATH, label=RESTRICTIONS, query=query, also=(APPLICATION_RESTRICTIONS,)
        )
    except PlatformFault as fault:
        if fault.kind is FaultKind.REFUSED:
            # Amazon does not want the question (an ASIN that is none): it will say so of the listing too, in its own words.
            return None
        raise
    found = told.get("restrictions") if isinstance(told, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise contract_broken("restrictions are no list")
    here = (one for one in found if one.get("marketplaceId") == place)
    first = next((one for one in here if one.get("conditionType") in {None, condition}), None)
    return None if first is None else _told(first)


def _told(restriction: Mapping[str, Any]) -> tuple[str | None, str]:
    """The reason that has a way forward, else the first."""
    reasons = [one for one in restriction.get("reasons") or () if isinstance(one, Mapping)]
    reason = next((one for one in reasons if one.get("links")), reasons[0] if reasons else {})
    links = (str(one.get("resource") or "") for one in reason.get("links") or () if isinstance(one, Mapping))
    words = [str(reason.get("message") or ""), next((f"Ask here: {link}" for link in links if link), "")]
    code = reason.get("reasonCode")
    return str(code) if code else None, " ".join(word for word in words if word)
