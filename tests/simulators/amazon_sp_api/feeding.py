"""A feed as a program sends it: document, upload, feed, wait, report."""

import gzip
from typing import Any

import orjson
from simulators.amazon_sp_api.seller import FR, Seller

CONTENT_TYPE = "application/json; charset=UTF-8"
Message = dict[str, Any]


def update(number: int, sku: str, attributes: dict[str, Any], **more: Any) -> Message:
    kind = {"productType": "GROCERY", "requirements": "LISTING"} | more
    return {"messageId": number, "sku": sku, "operationType": "UPDATE", "attributes": attributes, **kind}


async def upload(seller: Seller, content: bytes) -> str:
    """The document's id."""
    status, made = await seller.ask("POST", "/feeds/2021-06-30/documents", {"contentType": CONTENT_TYPE})
    assert status == 201, made
    status, body, _ = await seller.fetch("PUT", made["url"], content, {"Content-Type": CONTENT_TYPE})
    assert status == 200, body
    document: str = made["feedDocumentId"]
    return document


async def send(seller: Seller, messages: list[Message], *, included: list[str] | None = None, **header: Any) -> str:
    """The feed's id, queued."""
    head: dict[str, Any] = {"sellerId": "A1SELLER", "version": "2.0", "issueLocale": "fr_FR"} | header
    if included:
        head["report"] = {"includedData": included, "apiVersion": "2021-08-01"}
    document = await upload(seller, orjson.dumps({"header": head, "messages": messages}))
    body = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [FR], "inputFeedDocumentId": document}
    status, made = await seller.ask("POST", "/feeds/2021-06-30/feeds", body)
    assert status == 202, made
    feed: str = made["feedId"]
    return feed


async def feed_of(seller: Seller, feed_id: str) -> Any:
    status, feed = await seller.ask("GET", f"/feeds/2021-06-30/feeds/{feed_id}")
    assert status == 200, feed
    return feed


async def report_of(seller: Seller, feed: Any) -> Any:
    status, document = await seller.ask("GET", f"/feeds/2021-06-30/documents/{feed['resultFeedDocumentId']}")
    assert (status, document["compressionAlgorithm"]) == (200, "GZIP"), document
    status, content, _ = await seller.fetch("GET", document["url"])
    assert status == 200, content
    return orjson.loads(gzip.decompress(content))


async def done(seller: Seller, messages: list[Message], **header: Any) -> Any:
    """The report of a feed that is waited for."""
    feed_id = await send(seller, messages, **header)
    seller.advance(900)
    feed = await feed_of(seller, feed_id)
    assert feed["processingStatus"] == "DONE", feed
    return await report_of(seller, feed)
