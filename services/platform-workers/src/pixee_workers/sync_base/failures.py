"""When two failures of an item are the same failure: then trying it a fourth time would only cost calls. Pure.

The same reason with a message that says the same: numbers, ids and moments in it differ from answer to answer and say nothing. And
the same attempt: what the shop was sent, by hash; for a create with the prices that it carries, since these may be what is refused
and are no part of the product's own hash. Quantities are left out: they change all day, and hardly ever make a create fail.
"""

import hashlib
import re
from dataclasses import dataclass

import orjson

from pixee_common.domain.product import plain_decimal
from pixee_common.domain.reasons import REASONS, Owner, ReasonCode
from pixee_workers.sync_base.items import ProductItem, PushItem

_TELLS_NOTHING = re.compile(r"[\w-]*\d[\w-]*")


@dataclass(frozen=True, slots=True)
class Held:
    """What failed three times in the same way: held back while nothing newer is there and the same would be sent.

    A null `hash` (of the attempt) is that of a failure whose attempt nobody noted: any of this version is held.
    """

    version: int
    hash: bytes | None
    message: str | None = None


def failure_class(reason: ReasonCode, message: str | None) -> str | None:
    """The reason, and a digest of the message without every word that has a digit in it.

    Null where the platform or we are to blame and trying again may help (a verdict that came too late, a lost answer): that says
    nothing of the item, and would hold back a whole catalog after a bad week of the platform.
    """
    known = REASONS[reason]
    if known.retryable and known.owner is not Owner.MERCHANT:
        return None
    said = " ".join(_TELLS_NOTHING.sub("#", (message or "").casefold()).split())
    return f"{reason}:{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def attempt_hash(digest: bytes, item: PushItem) -> bytes:
    """What a failure is held against: `digest` is the item's content hash."""
    if not isinstance(item, ProductItem) or item.listing is not None:
        return digest
    prices = [
        None if one.price is None else [plain_decimal(one.price.amount), str(one.price.compare_at), one.price.currency]
        for one in item.variants
    ]
    return hashlib.sha256(digest + orjson.dumps(prices)).digest()
