"""What an accepted submission makes of a listing, and when the world sees it."""

import math
from collections.abc import Mapping
from typing import Any

from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.listings import (
    Attributes,
    Listing,
    Version,
    asin_of,
    identifiers_of,
    packed,
    share_of,
)
from pixee_simulators.amazon_sp_api.submissions import Outcome, Submission, is_amazons


def store(
    account: Account, submission: Submission, outcome: Outcome, *, limits: Mapping[str, Any], source: str, now: float
) -> str:
    """Note the verdict and, when it accepts, store. Returns created, updated, deleted or nothing."""
    listings, key = account.listings, submission.key
    listings.judged(key, code=outcome.code, operation=submission.operation, source=source, now=now)
    if outcome.code is not None:
        return "nothing"
    listing = listings.by_key.get(key)
    existed = listing is not None and listing.exists()
    visible_at = math.floor((now + float(limits["visible_after_s"])) * 1000) / 1000
    if submission.operation == "DELETE":
        if listing is None or not existed:
            return "nothing"
        listings.store(listing, Version(packed({}), "", "", visible_at, gone=True), now)
        return "deleted"
    if listing is None or not existed:
        listing = _made(account, submission, outcome.attributes, limits, now, visible_at)
    _own_warehouse(account, submission.sku, outcome.attributes)
    _late(listing, submission, limits, now)
    version = Version(packed(outcome.attributes), outcome.product_type, outcome.requirements, visible_at)
    listings.store(listing, version, now, identifiers_of(outcome.attributes))
    return "updated" if existed else "created"


def _made(
    account: Account,
    submission: Submission,
    attributes: Attributes,
    limits: Mapping[str, Any],
    now: float,
    visible_at: float,
) -> Listing:
    made = Listing(
        sku=submission.sku,
        marketplace=submission.marketplace,
        created_at=visible_at,
        asin=_asin(account, submission.sku, attributes),
        asin_at=now + float(limits["asin_after_s"]),
        status_at=now + float(limits["status_after_s"]),
    )
    before = account.listings.by_key.get(submission.key)
    if before is not None:
        made.shown, made.queue = before.shown, before.queue
    return made


def _asin(account: Account, sku: str, attributes: Attributes) -> str:
    """The suggested one, the catalog's for the EAN, or a new one."""
    for name in ("merchant_suggested_asin", "externally_assigned_product_identifier"):
        for element in attributes.get(name, ()):
            value = str(element["value"])
            known = account.settings.get("catalog", {}).get(value)
            return value if name == "merchant_suggested_asin" else (known or [asin_of(value)])[0]
    return asin_of(sku)


def _own_warehouse(account: Account, sku: str, attributes: Attributes) -> None:
    """A listing that Amazon fulfils always has Amazon's channel, and Amazon's channels never a quantity of ours."""
    given = attributes.get("fulfillment_availability", [])
    theirs = {str(one["fulfillment_channel_code"]) for one in given if is_amazons(one)}
    if sku in account.fba_skus:
        theirs.add(account.fba_channel)
    if theirs:
        channels = [{"fulfillment_channel_code": one} for one in sorted(theirs)]
        attributes["fulfillment_availability"] = channels + [one for one in given if not is_amazons(one)]


def _late(listing: Listing, submission: Submission, limits: Mapping[str, Any], now: float) -> None:
    """Facts are looked at again; a listing whose facts were sent anew begins without an old issue."""
    if submission.tells_facts():
        listing.late_at = now + float(limits["late_issue_after_s"]) if is_late(listing.sku, limits) else None


def is_late(sku: str, limits: Mapping[str, Any]) -> bool:
    """Whether Amazon will have second thoughts about a SKU: named, or among the share that its checksum draws."""
    return sku in limits["late_issue_skus"] or share_of(sku) < float(limits["late_issue_share"])
