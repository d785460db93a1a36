"""Whether a feed's document is one: by hand, for 25,000 messages in a moment, and a sample by the published schema.

`jsonschema` takes half a millisecond for a message with its four alternatives: a whole feed would take ten seconds.
So every message is held against the same rules written out here, and 200 of them, evenly spread, against the schema.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from jsonschema import Draft7Validator

from pixee_simulators.amazon_sp_api.listing_wire import DATA
from pixee_simulators.amazon_sp_api.product_types import SETS
from pixee_simulators.kit import Violation

MESSAGES = 25_000
_SAMPLE = 200
_LARGEST_ID = 2_147_483_647
_OPS = frozenset({"add", "replace", "merge", "delete"})
_NEEDED = {
    "UPDATE": frozenset({"productType", "attributes"}),
    "PARTIAL_UPDATE": frozenset({"productType", "attributes"}),
    "PATCH": frozenset({"productType", "patches"}),
    "DELETE": frozenset[str](),
}
_FORBIDDEN = {
    "UPDATE": frozenset({"patches"}),
    "PARTIAL_UPDATE": frozenset({"requirements", "patches"}),
    "PATCH": frozenset({"requirements", "attributes"}),
    "DELETE": frozenset({"requirements", "attributes", "productType", "patches"}),
}


class BadFeed(ValueError):
    """The whole document is refused; the message is Amazon's feed-level issue."""


def read(content: bytes, *, seller_id: str, most_bytes: int) -> tuple[dict[str, Any], list[Any]]:
    """Header and messages. Raises BadFeed."""
    if len(content) > most_bytes:
        raise BadFeed(f"The feed of {len(content)} bytes is larger than the allowed {most_bytes} bytes.")
    try:
        feed = orjson.loads(content)
    except ValueError as error:
        raise BadFeed(f"The feed is not valid JSON: {error}") from None
    header = feed.get("header") if isinstance(feed, dict) else None
    messages = feed.get("messages") if isinstance(feed, dict) else None
    if not isinstance(header, dict) or header.get("version") != "2.0" or not isinstance(messages, list) or not messages:
        raise BadFeed("The feed needs a header of version 2.0 and at least one message.")
    if header.get("sellerId") != seller_id:
        raise BadFeed("The sellerId of the header is not the seller's.")
    if "report" in header and not _is_wish(header["report"]):
        raise BadFeed("The report of the header needs includedData and an apiVersion.")
    if len(messages) > MESSAGES:
        raise BadFeed("feed messages list beyond allowed size")
    numbers = [one.get("messageId") for one in messages if isinstance(one, dict)]
    if len(numbers) != len(messages) or len(set(map(repr, numbers))) != len(numbers):
        raise BadFeed("Every message needs a messageId that is unique within the feed.")
    return header, messages


def _is_wish(report: Any) -> bool:
    wanted = report.get("includedData") if isinstance(report, dict) else None
    return isinstance(wanted, list) and bool(wanted) and all(one in DATA for one in wanted)


def fault(message: dict[str, Any]) -> str | None:
    """What the schema forbids in one message, as a sentence; None when it is fine."""
    number, operation = message.get("messageId"), message.get("operationType")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= _LARGEST_ID:
        return "messageId must be an integer from 1"
    if not isinstance(message.get("sku"), str) or not message["sku"]:
        return "sku is needed"
    if not isinstance(operation, str) or operation not in _NEEDED:
        return "operationType must be UPDATE, PARTIAL_UPDATE, PATCH or DELETE"
    if missing := _NEEDED[operation] - message.keys():
        return f"{operation} needs {', '.join(sorted(missing))}"
    if extra := _FORBIDDEN[operation] & message.keys():
        return f"{', '.join(sorted(extra))} not applicable to {operation}"
    return _contents_fault(message)


def _contents_fault(message: dict[str, Any]) -> str | None:
    if "productType" in message and (not isinstance(message["productType"], str) or not message["productType"]):
        return "productType must be text"
    if message.get("requirements", "LISTING") not in SETS:
        return "requirements must be LISTING, LISTING_PRODUCT_ONLY or LISTING_OFFER_ONLY"
    if "attributes" in message and (not isinstance(message["attributes"], dict) or not message["attributes"]):
        return "attributes must be an object with at least one property"
    if "patches" in message and not _are_patches(message["patches"]):
        return "patches must be a list with at least one patch"
    return None


def _are_patches(patches: Any) -> bool:
    return (
        isinstance(patches, list)
        and bool(patches)
        and all(
            isinstance(one, dict)
            and isinstance(one.get("op"), str)
            and one["op"] in _OPS
            and isinstance(one.get("path"), str)
            and _is_value(one.get("value", []))
            for one in patches
        )
    )


def _is_value(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def breaches(content: bytes, validator: Draft7Validator | None) -> Iterator[Violation]:
    """Against the published schema: the frame, every message by hand and the sample by `validator`."""
    try:
        feed = orjson.loads(content)
        messages = feed["messages"]
        count = len(messages)
    except (ValueError, TypeError, KeyError) as broken:
        yield Violation("feed", "", f"no feed: {broken!r}")
        return
    for position, message in enumerate(messages):
        if (told := fault(message) if isinstance(message, dict) else "no object") is not None:
            yield Violation("feed_message", f"/messages/{position}", told)
    if validator is not None:
        step = max(1, count // _SAMPLE)
        sample = feed | {"messages": messages[::step]}
        for error in validator.iter_errors(sample):
            pointer = "".join(f"/{part}" for part in error.absolute_path)
            yield Violation("feed_schema", pointer, f"{error.validator} (in a sample of every {step}th message)")
