"""getListingsItem and searchListingsItems: pages of 20, and never more than the first 1,000 results of a query."""

from collections.abc import Callable, Iterable
from typing import Any

from pixee_simulators.amazon_sp_api import listing_wire
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import invalid_input, not_found
from pixee_simulators.amazon_sp_api.listings import Listing, Listings, identifiers_of
from pixee_simulators.amazon_sp_api.moments import seconds
from pixee_simulators.amazon_sp_api.visit import Answer, Visit, page_offset, page_token

_TYPES = ("ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_SORTS: dict[str, Callable[[Listing], Any]] = {
    "sku": lambda one: one.sku,
    "createdDate": lambda one: (one.created_at, one.sku),
    "lastUpdatedDate": lambda one: (updated_at(one), one.sku),
}
_DATES = ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")
_TIMED = ("withStatus", "withoutStatus", "withIssueSeverity")
"""What these see changes with time alone, without a write."""
_PAGE_SIZE = 20
_FOUND_KEPT = 16


def updated_at(listing: Listing) -> float:
    return listing.shown.visible_at if listing.shown is not None else listing.created_at


def get(visit: Visit) -> Answer:
    visit.own(visit.path["seller_id"])
    wanted, sku = visit.included(listing_wire.DATA, ("summaries",)), visit.path["sku"]
    visit.call.touched(skus=[sku])
    kept = [visit.account.listings.by_key.get((sku, one)) for one in visit.marketplaces()]
    found = [one for one in kept if one is not None and one.shown is not None and not one.shown.gone]
    if not found:
        raise not_found(f"SKU '{sku}' not found in marketplace {visit.query['marketplaceIds']}")
    return Answer(_merged([listing_wire.item(one, wanted, visit.now) for one in found]))


class Searches:
    """The newest searches' results, so that a query of fifty pages looks through the listings once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[Listings, int, list[Listing]]] = {}

    def search(self, visit: Visit) -> Answer:
        visit.own(visit.path["seller_id"])
        visit.marketplaces()
        wanted = visit.included(listing_wire.DATA, ("summaries",))
        size = _size(visit.query.get("pageSize", "10"))
        scope = "&".join(f"{key}={text}" for key, text in sorted(visit.query.items()) if key != "pageToken")
        offset = page_offset(visit.query.get("pageToken"), scope)
        found = self._results(visit, scope)
        last = min(len(found), int(visit.limits["search_cap"]))
        page = found[offset : min(offset + size, last)]
        visit.call.touched(skus=[one.sku for one in page])
        pagination = {}
        if offset + size < last:
            pagination["nextToken"] = page_token(offset + size, scope)
        if offset:
            pagination["previousToken"] = page_token(max(0, offset - size), scope)
        items = [listing_wire.item(one, wanted, visit.now) for one in page]
        return Answer({"numberOfResults": len(found), "pagination": pagination, "items": items})

    def _results(self, visit: Visit, scope: str) -> list[Listing]:
        key, listings = (visit.account.host, scope), visit.account.listings
        timed = any(name in visit.query for name in _TIMED) or visit.query.get("identifiersType") == "ASIN"
        kept = self._found.get(key)
        if kept is not None and kept[0] is listings and kept[1] == listings.revision and not timed:
            return kept[2]
        found = _found(visit)
        while len(self._found) >= _FOUND_KEPT:
            self._found.pop(next(iter(self._found)))
        self._found[key] = (listings, listings.revision, found)
        return found


def _found(visit: Visit) -> list[Listing]:
    tests = _tests(visit)
    found = [one for one in _candidates(visit) if all(test(one) for test in tests)]
    by = visit.chosen("sortBy", tuple(_SORTS), "lastUpdatedDate")
    downwards = visit.chosen("sortOrder", ("ASC", "DESC"), "DESC") == "DESC"
    return sorted(found, key=_SORTS[by], reverse=downwards)


def _candidates(visit: Visit) -> Iterable[Listing]:
    account, marketplaces = visit.account, frozenset(visit.marketplaces())
    identifiers, kind = visit.listed("identifiers", most=_PAGE_SIZE), visit.query.get("identifiersType")
    if bool(identifiers) != bool(kind) or (kind is not None and kind not in _TYPES):
        raise invalid_input("Invalid 'identifiersType' provided.", "identifiers and identifiersType go together")
    if identifiers and {"variationParentSku", "packageHierarchySku"} & set(visit.query):
        raise invalid_input("Invalid 'identifiers' provided.")
    if "packageHierarchySku" in visit.query:
        return []
    if kind == "SKU":
        return _by_sku(account, identifiers, marketplaces)
    if kind == "ASIN":
        visible = account.listings.visible(marketplaces)
        return [one for one in visible if one.asin in identifiers and visit.now >= one.asin_at]
    if kind is not None:
        return _by_identifier(account, identifiers, marketplaces)
    return account.listings.visible(marketplaces)


def _by_sku(account: Account, skus: list[str], marketplaces: frozenset[str]) -> list[Listing]:
    kept = [account.listings.by_key.get((sku, place)) for sku in dict.fromkeys(skus) for place in sorted(marketplaces)]
    return [one for one in kept if one is not None and one.shown is not None and not one.shown.gone]


def _by_identifier(account: Account, wanted: list[str], marketplaces: frozenset[str]) -> list[Listing]:
    keys = {key for one in wanted for key in account.listings.identified.get(one, ()) if key[1] in marketplaces}
    shown = [(listing, listing.shown) for key in keys if (listing := account.listings.by_key.get(key)) is not None]
    return [
        listing
        for listing, version in shown
        if version is not None and not version.gone and identifiers_of(version.parsed()) & set(wanted)
    ]


def _tests(visit: Visit) -> list[Callable[[Listing], bool]]:
    times = {name: seconds(name, visit.query.get(name)) for name in _DATES}
    tests: list[Callable[[Listing], bool]] = []
    for name, at in times.items():
        if at is not None:
            tests.append(_dated(name, at))
    if (parent := visit.query.get("variationParentSku")) is not None:
        tests.append(lambda one: parent in _parents(one))
    if severities := visit.listed("withIssueSeverity"):
        tests.append(lambda one: any(issue.severity in severities for issue in listing_wire.issues(one, visit.now)))
    if states := set(visit.listed("withStatus")):
        tests.append(lambda one: states <= _status(one, visit.now))
    if states_not := set(visit.listed("withoutStatus")):
        tests.append(lambda one: not states_not & _status(one, visit.now))
    return tests


def _dated(name: str, at: float) -> Callable[[Listing], bool]:
    read: Callable[[Listing], float] = updated_at if name.startswith("lastUpdated") else lambda one: one.created_at
    if name.endswith("After"):
        return lambda one: read(one) >= at
    return lambda one: read(one) <= at


def _parents(listing: Listing) -> set[str]:
    attributes = listing.shown.parsed() if listing.shown is not None else {}
    return {one["parent_sku"] for one in attributes.get("child_parent_sku_relationship", ())}


def _status(listing: Listing, now: float) -> set[str]:
    attributes = listing.shown.parsed() if listing.shown is not None else {}
    return set(listing_wire.status(listing, attributes, now))


def _size(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _PAGE_SIZE:
        raise invalid_input("Invalid 'pageSize' provided.", "between 1 and 20")
    return int(text)


def _merged(items: list[dict[str, Any]]) -> dict[str, Any]:
    """One SKU in several marketplaces is one item, its lists joined."""
    merged = items[0]
    for item in items[1:]:
        for name, value in item.items():
            if isinstance(value, list):
                merged[name] = merged[name] + value
            elif isinstance(value, dict):
                joined = {key: merged[name].get(key, []) + value.get(key, []) for key in merged[name] | value}
                merged[name] = joined
    return merged
