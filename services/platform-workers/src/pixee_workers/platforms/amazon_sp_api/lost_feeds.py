"""A createFeed whose answer was lost: the feed is looked for before anything is sent again (sheet, "Rate limits and retries").

Amazon has no idempotency key, and its list of feeds does not say which document a feed was made of (`Feed` in the published model).
So a feed is ours when it is the only one of its type and marketplace that began while we asked and that no other answer named. It is
adopted for the very same bytes alone, and its result has to speak of them (`is_ours`). Where several fit, or none after a while, the file
goes again: its messages are absolute values by SKU, so twice is like once.

What is known of the lost call stands in the process's memory. After a crash it is gone, and the file goes again too.
"""

import hashlib
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import orjson
from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.listings import moment
from pixee_workers.platforms.amazon_sp_api.manifest import GET_FEEDS
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import FEEDS, ask, contract_broken
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.upload_contract import UploadFile

LISTINGS_FEED = "JSON_LISTINGS_FEED"
ADOPTED = "adopted"
SETTLE_SECONDS = 120.0
"""How long the list of feeds may miss a new one (unverified); after that a feed that is not there was not made."""

_CLOCKS_APART = timedelta(seconds=60)
_MOST_KNOWN = 500
_PAGE = 100
_BLOCK = 1 << 20
_MESSAGE = b'"messageId":'
_SKU = re.compile(rb'"sku":("(?:[^"\\]|\\.)*")')
_KNOWN, _ASKING, _LOST = "feeds:known", "feeds:asking", "feeds:lost"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that was made and never answered. `about` is what its result must speak of."""

    digest: bytes
    about: Mapping[str, JsonValue]
    since: datetime
    until: datetime


def asking(context: CallContext, operation: Operation) -> None:
    """A feed is being made from now on: another one that is looked for meanwhile could be taken for it."""
    _kept(context, _ASKING)[operation.value] = context.now()


def answered(context: CallContext, operation: Operation, feed: str | None) -> None:
    """The call has ended; null: nothing was made."""
    _kept(context, _ASKING).pop(operation.value, None)
    _kept(context, _LOST).pop(operation.value, None)
    known = _kept(context, _KNOWN)
    if feed is not None:
        known[feed] = True
        for old in list(known)[: max(0, len(known) - _MOST_KNOWN)]:
            del known[old]


def lost(context: CallContext, operation: Operation, file: UploadFile) -> Attempt:
    """The call has ended and nobody knows how."""
    since = _kept(context, _ASKING).pop(operation.value, context.now())
    digest, about = _read(file)
    attempt = Attempt(digest, about, since - _CLOCKS_APART, context.now() + _CLOCKS_APART)
    _kept(context, _LOST)[operation.value] = attempt
    return attempt


async def before(context: CallContext, operation: Operation, file: UploadFile) -> tuple[str, Attempt] | None:
    """The feed of an earlier call for the same bytes; null: make one.

    Raises:
        PlatformFault: `unavailable`, while a feed may still be missing from the list.
    """
    attempt: Attempt | None = _kept(context, _LOST).get(operation.value)
    if attempt is None:
        return None
    found = await look(context, operation, attempt)
    left = SETTLE_SECONDS - (context.now() - (attempt.until - _CLOCKS_APART)).total_seconds()
    if not found and left > 0:
        message = "Amazon did not answer whether it took the file; it is looked for before it is sent again."
        raise PlatformFault(
            FaultKind.UNAVAILABLE, FaultScope.SUBMISSION, ReasonCode.ANSWER_UNKNOWN, message, retry_after=left
        )
    answered(context, operation, None)
    return (found[0], attempt) if len(found) == 1 and _read(file)[0] == attempt.digest else None


async def look(context: CallContext, operation: Operation, attempt: Attempt) -> list[str]:
    """Feeds that may be the attempt's. More than one, or another call under way: nobody can tell, so both are named."""
    place = marketplace_of(context.settings).id
    query = {
        "feedTypes": LISTINGS_FEED,
        "marketplaceIds": place,
        "createdSince": attempt.since.isoformat(),
        "createdUntil": attempt.until.isoformat(),
        "pageSize": str(_PAGE),
    }
    told, _ = await ask(context, "GET", f"{FEEDS}/feeds", label=GET_FEEDS, query=query)
    feeds = told.get("feeds") if isinstance(told, Mapping) else None
    if not isinstance(feeds, list) or not all(isinstance(one, Mapping) for one in feeds):
        raise contract_broken("a list of feeds has no feeds")
    known = _kept(context, _KNOWN)
    found = [str(one.get("feedId")) for one in feeds if _fits(one, attempt, place)]
    others = [
        f"a call of {name}" for key in (_ASKING, _LOST) for name in _kept(context, key) if name != operation.value
    ]
    return [one for one in found if one not in known] + (others if found else [])


def is_ours(report: Mapping[str, Any], about: Mapping[str, JsonValue]) -> bool:
    """Whether the result of an adopted feed speaks of what we sent: of our first SKU, or at least of as many messages."""
    summary = report.get("summary")
    processed = summary.get("messagesProcessed") if isinstance(summary, Mapping) else None
    items = report.get("items")
    issues = report.get("issues") or ()
    named = {str(one.get("sku")) for one in (*(items if isinstance(items, list) else ()), *issues)}
    return about.get("sku") in named if named else processed == about.get("messages")


def _fits(feed: Mapping[str, Any], attempt: Attempt, place: str) -> bool:
    created = moment(feed.get("createdTime"))
    return (
        feed.get("feedType") == LISTINGS_FEED
        and feed.get("marketplaceIds") in (None, [place])
        and created is not None
        and attempt.since <= created <= attempt.until
    )


def _read(file: UploadFile) -> tuple[bytes, dict[str, JsonValue]]:
    digest, messages, first = hashlib.sha256(), 0, b""
    with file.path.open("rb") as raw:
        rest = b""
        while block := raw.read(_BLOCK):
            digest.update(block)
            text = rest + block
            messages += text.count(_MESSAGE)
            first = first or next((match[1] for match in [_SKU.search(text)] if match), b"")
            rest = text[1 - len(_MESSAGE) :]
    sku = orjson.loads(first) if first else ""
    return digest.digest(), {"messages": messages, "sku": sku}


def _kept(context: CallContext, key: str) -> MutableMapping[str, Any]:
    return cast("MutableMapping[str, Any]", context.memory.setdefault(key, {}))
