"""A seller's contents as plain JSON and back, so that they survive a restart.

There may be a hundred thousand listings: records are rows without field names, and attributes stay packed.
"""

import base64
from dataclasses import astuple
from operator import attrgetter
from typing import Any

from pixee_simulators.amazon_sp_api.account import Account, Document
from pixee_simulators.amazon_sp_api.listings import Listing, Listings, Verdict, Version
from pixee_simulators.amazon_sp_api.queued_work import Feed, Report

Plain = dict[str, Any]
Row = list[Any]
_LISTING = attrgetter("sku", "marketplace", "created_at", "asin", "asin_at", "status_at", "late_at")
_VERDICT = attrgetter("accepted", "code", "operation", "source", "at", "submissions")


def frozen(account: Account) -> Plain:
    listings = account.listings
    return {
        "access_tokens": account.access_tokens,
        "refresh_tokens": sorted(account.refresh_tokens),
        "spent_tokens": sorted(account.spent_tokens),
        "numbers": account.numbers,
        "documents": [_document(one) for one in account.documents.values()],
        "feeds": [astuple(one) for one in account.feeds.values()],
        "reports": [astuple(one) for one in account.reports.values()],
        "listings": [[*_LISTING(one), _versions(one)] for one in listings.by_key.values()],
        "verdicts": [[*key, *_VERDICT(verdict)] for key, verdict in listings.verdicts.items()],
        "identified": listings.identified,
    }


def thawed(host: str, settings: Plain, kept: Plain) -> Account:
    """The inverse."""
    account = Account.new(host, settings)
    account.access_tokens = {token: (until, scope) for token, (until, scope) in kept["access_tokens"].items()}
    account.refresh_tokens = set(kept["refresh_tokens"])
    account.spent_tokens = set(kept["spent_tokens"])
    account.numbers = dict(kept["numbers"])
    account.feeds = {one[0]: Feed(*one) for one in kept["feeds"]}
    account.reports = {one[0]: Report(*one) for one in kept["reports"]}
    account.documents = {one[0]: _reopened(one) for one in kept["documents"]}
    account.listings = Listings(
        verdicts={(sku, place): Verdict(*row) for sku, place, *row in kept["verdicts"]},
        identified={ean: tuple((sku, place) for sku, place in keys) for ean, keys in kept["identified"].items()},
    )
    for row in kept["listings"]:
        account.listings.restored(_listing(row))
    return account


def _document(document: Document) -> Row:
    content = None if document.content is None else base64.b64encode(document.content).decode()
    return [document.id, document.content_type, content, document.compressed]


def _reopened(row: Row) -> Document:
    number, content_type, content, compressed = row
    return Document(number, content_type, None if content is None else base64.b64decode(content), compressed)


def _versions(listing: Listing) -> list[Row | None]:
    """What is shown, or None, then what waits."""
    return [None if one is None else _kept(one) for one in (listing.shown, *(listing.queue or ()))]


def _listing(row: Row) -> Listing:
    *told, versions = row
    listing = Listing(*told)
    listing.shown, *waiting = [None if one is None else _version(one) for one in versions]
    listing.queue = [one for one in waiting if one is not None] or None
    return listing


def _kept(version: Version) -> Row:
    text = base64.b64encode(version.packed).decode()
    return [text, version.product_type, version.requirements, version.visible_at, version.gone]


def _version(row: Row) -> Version:
    return Version(base64.b64decode(row[0]), *row[1:])
