"""Catalog search by identifiers, and restrictions: as much of them as finding an ASIN for an EAN needs.

The catalog holds what the setting `catalog` plants ({EAN: [ASIN, ...]}) and the identified listings of the seller.
"""

from typing import Any

from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import invalid_input, not_found
from pixee_simulators.amazon_sp_api.listings import identifiers_of
from pixee_simulators.amazon_sp_api.visit import Answer, Visit

_TYPES = ("ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_DATA = (
    "attributes",
    "classifications",
    "dimensions",
    "identifiers",
    "images",
    "productTypes",
    "relationships",
    "salesRanks",
    "summaries",
    "vendorDetails",
)


def search(visit: Visit) -> Answer:
    """One identifier may find several ASINs."""
    [marketplace] = visit.marketplaces(most=1)
    identifiers, kind = visit.listed("identifiers", most=20), visit.query.get("identifiersType")
    if not identifiers or kind not in _TYPES:
        raise invalid_input("Invalid 'identifiers' provided.", "identifiers and identifiersType are needed")
    wanted, account = visit.included(_DATA, ("summaries",)), visit.account
    if kind == "ASIN":
        found = {asin: ean for asin in identifiers if (ean := _ean_of(account, asin)) is not None}
    else:
        found = {asin: ean for ean in identifiers for asin in _asins_of(account, ean)}
    items = [_item(asin, ean, marketplace, wanted) for asin, ean in found.items()]
    return Answer({"numberOfResults": len(items), "pagination": {}, "items": items})


def get(visit: Visit) -> Answer:
    [marketplace] = visit.marketplaces(most=1)
    wanted, asin = visit.included(_DATA, ("summaries",)), visit.path["asin"]
    ean = _ean_of(visit.account, asin)
    if ean is None:
        raise not_found(f"Requested item '{asin}' not found in marketplace(s) {marketplace}.")
    return Answer(_item(asin, ean, marketplace, wanted))


def restrictions(visit: Visit) -> Answer:
    """None for an ASIN that the setting `restricted_asins` does not name."""
    visit.own(visit.query.get("sellerId", ""))
    asin = visit.query.get("asin")
    if not asin:
        raise invalid_input("Invalid 'asin' provided.")
    code = visit.account.settings.get("restricted_asins", {}).get(asin)
    condition = visit.query.get("conditionType", "new_new")
    reason = {"message": "You need approval to list in this brand.", "reasonCode": code}
    found = [
        {"marketplaceId": one, "conditionType": condition, "reasons": [reason]} for one in visit.marketplaces() if code
    ]
    return Answer({"restrictions": found})


def _asins_of(account: Account, ean: str) -> list[str]:
    planted = list(account.settings.get("catalog", {}).get(ean, ()))
    keys = account.listings.identified.get(ean, ())
    ours = [account.listings.by_key[key].asin for key in keys if key in account.listings.by_key]
    return list(dict.fromkeys([*planted, *ours]))


def _ean_of(account: Account, asin: str) -> str | None:
    """Empty for a listing without one; None when nobody knows the ASIN."""
    for ean, asins in account.settings.get("catalog", {}).items():
        if asin in asins:
            return str(ean)
    for listing in account.listings.visible(frozenset(account.marketplaces)):
        if listing.asin == asin:
            attributes = listing.shown.parsed() if listing.shown is not None else {}
            return next(iter(sorted(identifiers_of(attributes))), "")
    return None


def _item(asin: str, ean: str, marketplace: str, wanted: list[str]) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "summaries": [{"marketplaceId": marketplace, "itemName": f"Item {asin}", "brand": "Simulated"}],
        "identifiers": [
            {"marketplaceId": marketplace, "identifiers": [{"identifierType": "EAN", "identifier": ean}]},
        ],
        "productTypes": [{"marketplaceId": marketplace, "productType": "PRODUCT"}],
    }
    return {"asin": asin} | {name: parts[name] for name in wanted if name in parts}
