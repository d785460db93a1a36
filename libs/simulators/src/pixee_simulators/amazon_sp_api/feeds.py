"""The Feeds API 2021-06-30: a document, a feed, a state to ask for, a report (sheet, "Bulk: JSON_LISTINGS_FEED")."""

from typing import Any

from pixee_simulators.amazon_sp_api import documents, feed_check, job_lists
from pixee_simulators.amazon_sp_api.account import Document
from pixee_simulators.amazon_sp_api.errors import invalid_input, not_found
from pixee_simulators.amazon_sp_api.feed_outcomes import FeedOutcome
from pixee_simulators.amazon_sp_api.published import Published
from pixee_simulators.amazon_sp_api.queued_work import LISTINGS_FEED, Feed
from pixee_simulators.amazon_sp_api.visit import Answer, Visit
from pixee_simulators.kit import Violation

_LEGACY = ("POST_PRODUCT_", "POST_INVENTORY_", "POST_FLAT_FILE_")


class Feeds:
    """The operations. `published` judges documents; None when the schemas are not there."""

    def __init__(self, published: Published | None) -> None:
        self._schema = published.feed if published is not None else None

    def create(self, visit: Visit) -> Answer:
        body, account = visit.body(), visit.account
        kind, marketplaces = body.get("feedType"), body.get("marketplaceIds")
        if not isinstance(kind, str) or not (kind == LISTINGS_FEED or kind.startswith(_LEGACY)):
            raise invalid_input("Invalid feedType provided.")
        if not account.sells_in(marketplaces):
            raise invalid_input("Invalid marketplaceIds provided.")
        document = account.documents.get(str(body.get("inputFeedDocumentId")))
        if document is None or any(one.document_id == document.id for one in account.feeds.values()):
            raise invalid_input("Invalid inputFeedDocumentId provided.")
        if kind == LISTINGS_FEED and document.content is not None:
            visit.breaches += feed_check.breaches(document.content, self._schema)
        if len(marketplaces) > 1:
            visit.breaches.append(
                Violation("marketplaces", "/marketplaceIds", "a listings feed is for one marketplace")
            )
        feed = _queued(visit, kind, marketplaces, document)
        account.feeds[feed.id] = feed
        visit.call.touched(ids=[feed.id])
        return Answer({"feedId": feed.id}, 202)


def create_document(visit: Visit) -> Answer:
    content_type = visit.body().get("contentType")
    if not isinstance(content_type, str) or not content_type:
        raise invalid_input("Invalid contentType provided.")
    document = documents.opened(visit.account, content_type)
    lifetime = float(visit.limits["document_s"])
    url = documents.upload_address(visit.account, document, now=visit.now, lifetime=lifetime)
    return Answer({"feedDocumentId": document.id, "url": url}, 201)


def get(visit: Visit) -> Answer:
    return Answer(_feed(visit).wire(visit.now))


def cancel(visit: Visit) -> Answer:
    """Only while it is queued."""
    _feed(visit).cancel(visit.now)
    return Answer({})


def get_document(visit: Visit) -> Answer:
    return Answer(document_answer(visit, visit.path["document_id"]))


def document_answer(visit: Visit, number: str) -> dict[str, Any]:
    """A fresh address of a document each time. Raises Refusal (404)."""
    document = visit.account.documents.get(number)
    if document is None:
        raise not_found("The document does not exist.")
    lifetime = float(visit.limits["document_s"])
    url = documents.download_address(visit.account, document, now=visit.now, lifetime=lifetime)
    answer = {"feedDocumentId": document.id, "url": url}
    return answer | ({"compressionAlgorithm": "GZIP"} if document.compressed else {})


def listed(visit: Visit) -> Answer:
    """Newest first: how a program finds the feed of a createFeed that was never answered."""
    youngest = visit.now - float(visit.limits["feed_listed_after_s"])
    feeds = [one for one in visit.account.feeds.values() if one.created_at <= youngest]
    return Answer(job_lists.page(visit, feeds, key="feeds", types="feedTypes"))


def _queued(visit: Visit, kind: str, marketplaces: list[str], document: Document) -> Feed:
    """A seller's feeds are worked on one after the other."""
    raw: dict[str, Any] = {}
    if kind == LISTINGS_FEED and visit.limits["next_feeds"]:
        raw, *rest = visit.limits["next_feeds"]
        visit.limits["next_feeds"] = rest
    messages = (document.content or b"").count(b'"messageId"')
    takes = float(visit.limits["feed_s"]) + messages * float(visit.limits["feed_message_s"])
    if (own := FeedOutcome.parse(raw).seconds) is not None:
        takes = own
    busy = max((one.ends_at for one in visit.account.feeds.values() if not one.end), default=visit.now)
    starts = max(visit.now + float(visit.limits["feed_queue_s"]), busy)
    return Feed(
        id=str(50_000_000_000 + visit.account.number("feed")),
        type=kind,
        marketplaces=marketplaces,
        document_id=document.id,
        created_at=visit.now,
        starts_at=starts,
        ends_at=starts + takes,
        outcome=raw,
    )


def _feed(visit: Visit) -> Feed:
    feed = visit.account.feeds.get(visit.path["feed_id"])
    if feed is None:
        raise not_found("The feed does not exist.")
    visit.call.touched(ids=[feed.id])
    return feed
