"""Catalog search by identifiers, and restrictions: as much of them as finding an ASIN for an EAN needs.

The catalog holds what the setting `catalog` plants ({EAN: [ASIN, ...]}) and the identified listings of the seller.
"""

from typing import Any
from urllib.parse import urlencode

from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import invalid_input, not_found
from pixee_simulators.amazon_sp_api.listings import Listing, identifiers_of
from pixee_simulators.amazon_sp_api.visit import Answer, Visit, page_offset, page_token

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
_MOST = 20
_LINK = "https://sellercentral.amazon.com/hz/approvalrequest/restrictions/approve"


def search(visit: Visit) -> Answer:
    """One identifier may find several ASINs; they come in pages of ten, or of `pageSize`."""
    [marketplace] = visit.marketplaces(most=1)
    identifiers, kind = visit.listed("identifiers", most=_MOST), visit.query.get("identifiersType")
    if not identifiers or kind not in _TYPES:
        raise invalid_input("Invalid 'identifiers' provided.", "identifiers and identifiersType are needed")
    wanted, account = visit.included(_DATA, ("summaries",)), visit.account
    if kind == "ASIN":
        found = {asin: ean for asin in identifiers if (ean := ean_of(account, asin)) is not None}
    else:
        found = {asin: ean for ean in identifiers for asin in _asins_of(account, ean)}
    scope = urlencode(sorted((name, text) for name, text in visit.query.items() if name != "pageToken"))
    offset, size = page_offset(visit.query.get("pageToken"), scope), _size(visit.query.get("pageSize", "10"))
    items = [_item(account, asin, ean, marketplace, wanted) for asin, ean in found.items()]
    more = {"nextToken": page_token(offset + size, scope)} if offset + size < len(items) else {}
    return Answer({"numberOfResults": len(items), "pagination": more, "items": items[offset : offset + size]})


def get(visit: Visit) -> Answer:
    [marketplace] = visit.marketplaces(most=1)
    wanted, asin = visit.included(_DATA, ("summaries",)), visit.path["asin"]
    ean = ean_of(visit.account, asin)
    if ean is None:
        raise not_found(f"Requested item '{asin}' not found in marketplace(s) {marketplace}.")
    return Answer(_item(visit.account, asin, ean, marketplace, wanted))


def restrictions(visit: Visit) -> Answer:
    """Of an ASIN that the setting `restricted_asins` names, or that nobody knows."""
    visit.own(visit.query.get("sellerId", ""))
    asin = visit.query.get("asin")
    if not asin:
        raise invalid_input("Invalid 'asin' provided.")
    wanted = visit.query.get("conditionType")
    found = [
        {"marketplaceId": one, "conditionType": condition, "reasons": [_reason(asin, code)]}
        for one in visit.marketplaces()
        for condition, code in restricted(visit.account, asin).items()
        if wanted in {None, condition}
    ]
    return Answer({"restrictions": found})


def restricted(account: Account, asin: str) -> dict[str, str]:
    """Why the seller may not offer the ASIN, by condition; empty: he may."""
    told = account.settings.get("restricted_asins", {}).get(asin)
    if told is None and ean_of(account, asin) is None:
        told = "ASIN_NOT_FOUND"
    if isinstance(told, str):
        return dict.fromkeys(("new_new", "used_like_new", "used_good", "refurbished_refurbished"), told)
    return dict(told or {})


def ean_of(account: Account, asin: str) -> str | None:
    """Empty for a listing without one; None when nobody knows the ASIN."""
    for ean, asins in account.settings.get("catalog", {}).items():
        if asin in asins:
            return str(ean)
    listing = _listing_of(account, asin)
    if listing is None:
        return None
    attributes = listing.shown.parsed() if listing.shown is not None else {}
    return next(iter(sorted(identifiers_of(attributes))), "")


def _reason(asin: str, code: str) -> dict[str, Any]:
    """With a way forward where there is one (published model, `Reason`)."""
    messages = {
        "APPROVAL_REQUIRED": "You need approval to list in this brand.",
        "ASIN_NOT_FOUND": "The specified ASIN does not exist in the requested marketplace.",
        "NOT_ELIGIBLE": "You cannot list the product in this condition.",
    }
    reason: dict[str, Any] = {"message": messages.get(code, "You cannot list this product."), "reasonCode": code}
    if code == "APPROVAL_REQUIRED":
        resource = f"{_LINK}?asin={asin}"
        reason["links"] = [{"resource": resource, "verb": "GET", "title": "Request Approval", "type": "text/html"}]
    return reason


def _asins_of(account: Account, ean: str) -> list[str]:
    planted = list(account.settings.get("catalog", {}).get(ean, ()))
    keys = account.listings.identified.get(ean, ())
    ours = [account.listings.by_key[key].asin for key in keys if key in account.listings.by_key]
    return list(dict.fromkeys([*planted, *ours]))


def _listing_of(account: Account, asin: str) -> Listing | None:
    shown = account.listings.visible(frozenset(account.marketplaces))
    return next((one for one in shown if one.asin == asin), None)


def _type_of(account: Account, asin: str) -> str:
    told = account.settings.get("asin_types", {}).get(asin)
    listing = None if told else _listing_of(account, asin)
    if listing is not None and listing.shown is not None:
        return listing.shown.product_type
    return str(told or "PRODUCT")


def _size(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise invalid_input("Invalid 'pageSize' provided.", f"between 1 and {_MOST}")
    return int(text)


def _item(account: Account, asin: str, ean: str, marketplace: str, wanted: list[str]) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "summaries": [{"marketplaceId": marketplace, "itemName": f"Item {asin}", "brand": "Simulated"}],
        "identifiers": [
            {"marketplaceId": marketplace, "identifiers": [{"identifierType": "EAN", "identifier": ean}]},
        ],
        "productTypes": [{"marketplaceId": marketplace, "productType": _type_of(account, asin)}],
    }
    return {"asin": asin} | {name: parts[name] for name in wanted if name in parts}
