"""Files of many listings: JSON_LISTINGS_FEED (sheet, "Bulk").

A record is a product's messages: its listings, and what of them goes. The message's id is the record's ref and the message's place
in it, so a verdict finds its record. Creates are UPDATE messages (the whole listing with price and quantity); everything else is a
PATCH, which leaves alone what it does not name.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import feed_results, lost_feeds, manifest
from pixee_workers.platforms.amazon_sp_api.completing import calls_of
from pixee_workers.platforms.amazon_sp_api.files import fetched
from pixee_workers.platforms.amazon_sp_api.following import FIRST_LOOK_SECONDS, kind_of
from pixee_workers.platforms.amazon_sp_api.lost_feeds import Attempt
from pixee_workers.platforms.amazon_sp_api.marketplaces import language_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import FEEDS, ask, contract_broken
from pixee_workers.platforms.amazon_sp_api.wire import Call
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings, HttpRequest
from pixee_workers.sync_base.items import Mapped, PushItem
from pixee_workers.sync_base.upload_contract import (
    Collected,
    FileContext,
    FollowUp,
    Frame,
    Uploaded,
    UploadFile,
    Verdict,
)

CONTENT_TYPE = "application/json; charset=UTF-8"
_FEED = "feed"
_FIRST_POLL_SECONDS = 60.0
_POLL_SECONDS = 60.0
_PUT_SECONDS = 240.0
_MESSAGES = 4096
"""Places for the messages of one record: a product has at most 2,048 variants, as many that left, and a parent."""

_TYPES = {"PUT": "UPDATE", "PATCH": "PATCH", "DELETE": "DELETE"}


def frame(settings: ConnectorSettings) -> Frame:
    """What stands around the messages."""
    header = {
        "sellerId": settings.extra.get("seller_id", ""),
        "version": "2.0",
        "issueLocale": language_of(settings),
        # So that the result names what was taken, and a record of which it says nothing is known to be missing.
        "report": {"includedData": ["summaries"], "apiVersion": "2021-08-01"},
    }
    return Frame(b'{"header":' + orjson.dumps(header) + b',"messages":[', b",\n", b"]}", CONTENT_TYPE)


def record(one: Mapped[PushItem], ref: int) -> bytes:
    """The item's messages, in the order in which they have to happen."""
    return b",\n".join(orjson.dumps(_message(call, ref * _MESSAGES + at)) for at, call in enumerate(calls_of(one)))


def ref_of(message_id: int) -> int:
    """The record to which a message belongs."""
    return message_id // _MESSAGES


async def upload(operation: Operation, file: UploadFile, context: FileContext) -> Uploaded:
    """Document, bytes, feed. Only the last step makes something happen; where its answer is lost the feed is looked for."""
    if (found := await lost_feeds.before(context, operation, file)) is not None:
        return _adopted(*found, context, operation)
    document, _ = await ask(
        context,
        "POST",
        f"{FEEDS}/documents",
        label=manifest.CREATE_FEED_DOCUMENT,
        body={"contentType": file.content_type},
        safe=True,
    )
    if not isinstance(document, Mapping) or not document.get("url") or not document.get("feedDocumentId"):
        raise contract_broken("a feed document has no address")
    # Signed for five minutes and for this very content type; no header that tells who we are.
    headers = {"Content-Type": file.content_type}
    await context.send_file(
        HttpRequest("PUT", str(document["url"]), "feed file", headers, deadline_seconds=_PUT_SECONDS), file
    )
    lost_feeds.asking(context, operation)
    try:
        feed = await _made(str(document["feedDocumentId"]), context)
    except PlatformFault as fault:
        if (adopted := await _found(fault, operation, file, context)) is None:
            raise
        return adopted
    lost_feeds.answered(context, operation, feed)
    return Uploaded(_FEED, feed, {}, _FIRST_POLL_SECONDS)


async def _found(fault: PlatformFault, operation: Operation, file: UploadFile, context: FileContext) -> Uploaded | None:
    """The feed of a call that failed. A look that fails says nothing; after a lost answer the next upload looks again."""
    candidates: list[str] = []
    attempt = lost_feeds.lost(context, operation, file)
    if fault.kind in {FaultKind.AMBIGUOUS, FaultKind.UNAVAILABLE}:
        with suppress(PlatformFault):
            candidates = await lost_feeds.look(context, operation, attempt)
    if len(candidates) == 1:
        return _adopted(candidates[0], attempt, context, operation)
    if fault.kind is not FaultKind.AMBIGUOUS:
        lost_feeds.answered(context, operation, None)
    return None


def _adopted(feed: str, attempt: Attempt, context: FileContext, operation: Operation) -> Uploaded:
    lost_feeds.answered(context, operation, feed)
    return Uploaded(_FEED, feed, {lost_feeds.ADOPTED: dict(attempt.about)}, _FIRST_POLL_SECONDS)


async def _made(document: str, context: FileContext) -> str:
    body = {
        "feedType": lost_feeds.LISTINGS_FEED,
        "marketplaceIds": [marketplace_of(context.settings).id],
        "inputFeedDocumentId": document,
    }
    told, _ = await ask(
        context,
        "POST",
        f"{FEEDS}/feeds",
        label=manifest.CREATE_FEED,
        body=body,
        safe=False,
        also=(manifest.FEEDS,),
    )
    if not isinstance(told, Mapping) or not told.get("feedId"):
        raise PlatformFault(
            FaultKind.AMBIGUOUS,
            FaultScope.SUBMISSION,
            ReasonCode.ANSWER_UNKNOWN,
            "Amazon did not name the feed it made.",
        )
    return str(told["feedId"])


async def collect(operation: Operation, uploaded: Uploaded, context: FileContext) -> Collected:
    """How far the feed is. DONE still needs the report; FATAL may have done some of it; CANCELLED has done nothing."""
    told, _ = await ask(context, "GET", f"{FEEDS}/feeds/{uploaded.remote_id}", label=manifest.GET_FEED)
    state = told.get("processingStatus") if isinstance(told, Mapping) else None
    document = told.get("resultFeedDocumentId") if isinstance(told, Mapping) else None
    if state in {"IN_QUEUE", "IN_PROGRESS"}:
        return Collected(done=False, poll_in_seconds=_POLL_SECONDS)
    if state == "CANCELLED":
        message = "Amazon cancelled the feed before it began; it is sent again."
        return Collected(done=True, unmentioned=Verdict(OutcomeKind.TRANSIENT, ReasonCode.UNAVAILABLE, message))
    if state not in {"DONE", "FATAL"}:
        raise contract_broken(f"a feed is in the state {state}")
    if state == "FATAL" and not document:
        return _aborted({}, operation)
    if not document:
        raise contract_broken("a feed is done and has no result")
    report = await _report(str(document), context)
    about = uploaded.correlation.get(lost_feeds.ADOPTED)
    if isinstance(about, dict) and not lost_feeds.is_ours(report, about):
        message = "The feed that was taken for ours after a lost answer was somebody else's."
        return Collected(done=True, unmentioned=Verdict(OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, message))
    result = feed_results.read(report, ref_of)
    if state == "FATAL":
        return _aborted(result.refused, operation)
    return Collected(
        done=True,
        verdicts=result.refused,
        named=result.taken,
        unmentioned=result.unmentioned,
        follow_up=_follow_up(operation),
    )


def _message(call: Call, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"messageId": number, "sku": call["sku"], "operationType": _TYPES[call["method"]]}
    if call["method"] == "DELETE":
        return message
    message["productType"] = call["product_type"]
    if call["method"] == "PUT":
        return message | {"requirements": call["requirements"], "attributes": call["attributes"]}
    return message | {"patches": call["patches"]}


async def _report(document: str, context: CallContext) -> Mapping[str, Any]:
    told, _ = await ask(context, "GET", f"{FEEDS}/documents/{document}", label=manifest.GET_FEED_DOCUMENT)
    if not isinstance(told, Mapping) or not told.get("url"):
        raise contract_broken("a result has no address")
    raw, _ = await fetched(context, told, label="feed result")
    try:
        report = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise contract_broken("a feed's result is no JSON") from None
    if not isinstance(report, Mapping):
        raise contract_broken("a feed's result is no object")
    return report


def _aborted(refused: Mapping[int, Verdict], operation: Operation) -> Collected:
    """FATAL: some, none or all of it may have been applied; only a look at the listings can tell."""
    message = "Amazon aborted the feed and does not say what of it was done."
    return Collected(
        done=True,
        verdicts=refused,
        unmentioned=Verdict(OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, message),
        follow_up=_follow_up(operation),
    )


def _follow_up(operation: Operation) -> FollowUp:
    return FollowUp(kind_of(operation), FIRST_LOOK_SECONDS, manifest.VERDICT_SECONDS)
