"""What Amazon itself knows, for tests to join with what a program believes.

    GET  /_control/amazon/listings?host=&attributes=0|1&after=SKU&limit=   {items: [...], next}
    PUT  /_control/amazon/listings?host=   [{sku, marketplace, productType, attributes}, ...]: planted unjudged

An item: `{sku, marketplace, verdict: accepted|rejected|null, code, operation, source, at, submissions, exists, asin,
status, issues, late_at}`. The verdict is that on the last submission; a late issue that has come by now rejects.
`exists` and `attributes` are what was accepted, whether reads show it yet or not.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from pixee_simulators.amazon_sp_api import listing_wire
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.listings import Key
from pixee_simulators.amazon_sp_api.storing import store
from pixee_simulators.amazon_sp_api.submissions import Outcome, Submission

Plain = dict[str, Any]


def items(account: Account, now: float, *, attributes: bool = False) -> Iterator[Plain]:
    """Every SKU that was ever submitted or planted, by SKU."""
    account.listings.settle(now)
    for key in sorted(account.listings.by_key.keys() | account.listings.verdicts.keys()):
        yield item(account, key, now, attributes=attributes)


def item(account: Account, key: Key, now: float, *, attributes: bool = False) -> Plain:
    """One SKU in one marketplace."""
    listing, verdict = account.listings.by_key.get(key), account.listings.verdicts.get(key)
    newest = account.listings.newest(key)
    issues = listing_wire.issues(listing, now) if listing is not None and newest is not None else []
    told: Plain = {"sku": key[0], "marketplace": key[1], "verdict": None, "code": None, "exists": newest is not None}
    if verdict is not None:
        told |= {
            "verdict": "accepted" if verdict.accepted and not issues else "rejected",
            "code": verdict.code or (issues[0].code if issues else None),
            "operation": verdict.operation,
            "source": verdict.source,
            "at": verdict.at,
            "submissions": verdict.submissions,
        }
    if listing is not None and newest is not None:
        told |= {
            "asin": listing.asin,
            "productType": newest.product_type,
            "status": listing_wire.status(listing, newest.parsed(), now),
            "issues": [one.wire(key[1]) for one in issues],
            "late_at": listing.late_at,
        }
        if attributes:
            told["attributes"] = orjson.Fragment(newest.text())
    return told


def plant(account: Account, planted: list[Plain], limits: Plain, now: float) -> int:
    """Listings that were there before: nobody submitted them, so there is no verdict. Returns how many."""
    for one in planted:
        kind = str(one.get("productType", "PRODUCT"))
        submission = Submission(str(one["sku"]), str(one["marketplace"]), "UPDATE", kind, attributes=one["attributes"])
        outcome = Outcome(attributes=dict(one["attributes"]), product_type=kind, requirements="LISTING")
        store(account, submission, outcome, limits=limits | {"late_issue_share": 0}, source="planted", now=now)
        del account.listings.verdicts[submission.key]
    return len(planted)
