"""A seller's contents as plain JSON and back, so that they survive a restart. Attributes pass as the bytes they are."""

import base64
from typing import Any

import orjson

from pixee_simulators.amazon_sp_api.account import Account, Document
from pixee_simulators.amazon_sp_api.feed_records import Feed
from pixee_simulators.amazon_sp_api.listings import Listing, Listings, Verdict, Version
from pixee_simulators.amazon_sp_api.report_records import Report

Plain = dict[str, Any]


def frozen(account: Account) -> Plain:
    return {
        "access_tokens": account.access_tokens,
        "refresh_tokens": sorted(account.refresh_tokens),
        "numbers": account.numbers,
        "documents": [_document(one) for one in account.documents.values()],
        "feeds": list(account.feeds.values()),
        "reports": list(account.reports.values()),
        "listings": [_listing(one) for one in account.listings.by_key.values()],
        "verdicts": [[*key, verdict] for key, verdict in account.listings.verdicts.items()],
    }


def thawed(host: str, settings: Plain, kept: Plain) -> Account:
    """The inverse."""
    account = Account.new(host, settings)
    account.access_tokens = {token: (until, scope) for token, (until, scope) in kept["access_tokens"].items()}
    account.refresh_tokens = set(kept["refresh_tokens"])
    account.numbers = dict(kept["numbers"])
    account.feeds = {one["id"]: Feed(**one) for one in kept["feeds"]}
    account.reports = {one["id"]: Report(**one) for one in kept["reports"]}
    account.documents = {one["id"]: _reopened(one) for one in kept["documents"]}
    account.listings = Listings(verdicts={(sku, place): Verdict(**one) for sku, place, one in kept["verdicts"]})
    for one in kept["listings"]:
        queue = [_version(version) for version in one.pop("queue")]
        shown = one.pop("shown")
        listing = Listing(**one, shown=_version(shown) if shown else None, queue=queue or None)
        account.listings.restored(listing)
    return account


def _document(document: Document) -> Plain:
    content = None if document.content is None else base64.b64encode(document.content).decode()
    kept: Plain = {"id": document.id, "content_type": document.content_type, "compressed": document.compressed}
    return kept | {"content": content}


def _reopened(kept: Plain) -> Document:
    content = None if kept["content"] is None else base64.b64decode(kept["content"])
    return Document(**(kept | {"content": content}))


def _listing(listing: Listing) -> Plain:
    names = ("sku", "marketplace", "created_at", "asin", "asin_at", "status_at", "late_at")
    versions = [_kept(one) for one in listing.queue or ()]
    shown = None if listing.shown is None else _kept(listing.shown)
    return {name: getattr(listing, name) for name in names} | {"shown": shown, "queue": versions}


def _kept(version: Version) -> Plain:
    return {
        "attributes": orjson.Fragment(version.attributes),
        "product_type": version.product_type,
        "requirements": version.requirements,
        "visible_at": version.visible_at,
        "gone": version.gone,
    }


def _version(kept: Plain) -> Version:
    return Version(**(kept | {"attributes": orjson.dumps(kept["attributes"])}))
