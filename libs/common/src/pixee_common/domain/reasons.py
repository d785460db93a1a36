"""Every reason code that an item, a job or a fault can carry: who owns it, whether trying again helps, and what to do.

One closed vocabulary: adapters choose from it, docs/reason-codes.md is generated from it, clients may rely on it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Owner(StrEnum):
    MERCHANT = "merchant"
    PLATFORM = "platform"
    PIXEE = "pixee"


@dataclass(frozen=True, slots=True)
class Reason:
    """Owner, whether the same item may succeed when tried again unchanged, and the advice shown beside the message."""

    owner: Owner
    retryable: bool
    advice: str


class ReasonCode(StrEnum):
    UNCHANGED = "unchanged"
    NOT_OURS = "not_ours"
    SUPERSEDED = "superseded"
    NOT_LISTED_YET = "not_listed_yet"
    KEPT_ON_DELETE = "kept_on_delete"
    ALREADY_GONE = "already_gone"
    NO_PRICE = "no_price"
    NO_STOCK_RECORD = "no_stock_record"
    INVALID_VALUE = "invalid_value"
    MISSING_FIELD = "missing_field"
    MISSING_MAPPING = "missing_mapping"
    SKU_DUPLICATE = "sku_duplicate"
    EAN_DUPLICATE = "ean_duplicate"
    EAN_INVALID = "ean_invalid"
    EAN_SHARED = "ean_shared"
    EAN_AMBIGUOUS = "ean_ambiguous"
    CURRENCY_MISMATCH = "currency_mismatch"
    IMAGE_REFUSED = "image_refused"
    VARIANT_LIMIT = "variant_limit"
    OPTION_LIMIT = "option_limit"
    NOT_FOUND_AT_SHOP = "not_found_at_shop"
    BELONGS_TO_ANOTHER = "belongs_to_another"
    LOCATION_UNKNOWN = "location_unknown"
    REFUSED_BY_PLATFORM = "refused_by_platform"
    SUSPENDED_BY_PLATFORM = "suspended_by_platform"
    QUARANTINED = "quarantined"
    UNSUPPORTED = "unsupported"
    PULL_IGNORED = "pull_ignored"
    UNKNOWN_VARIANT = "unknown_variant"
    PAGING_BROKEN = "paging_broken"
    SHOP_GONE = "shop_gone"
    CREDENTIALS_REFUSED = "credentials_refused"
    PERMISSION_MISSING = "permission_missing"
    THROTTLED = "throttled"
    DAILY_LIMIT = "daily_limit"
    UNAVAILABLE = "unavailable"
    NO_WORKER = "no_worker"
    BREAKER_OPEN = "breaker_open"
    REMOTE_PENDING = "remote_pending"
    ANSWER_UNKNOWN = "answer_unknown"
    CONTRACT_BROKEN = "contract_broken"
    TOO_BIG = "too_big"
    VERDICT_OVERDUE = "verdict_overdue"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CONNECTOR_PAUSED = "connector_paused"
    CONNECTOR_DELETED = "connector_deleted"
    EGRESS_REFUSED = "egress_refused"
    KEY_UNKNOWN = "key_unknown"
    INTERNAL = "internal"


_M, _P, _X = Owner.MERCHANT, Owner.PLATFORM, Owner.PIXEE

REASONS: dict[ReasonCode, Reason] = {
    ReasonCode.UNCHANGED: Reason(_X, False, "Nothing to do: the shop already has these values."),
    ReasonCode.NOT_OURS: Reason(_M, False, "The channel owns this field; change it there."),
    ReasonCode.SUPERSEDED: Reason(_X, False, "Nothing to do: a newer value was sent."),
    ReasonCode.NOT_LISTED_YET: Reason(_M, True, "Push the product first; its stock and price follow by themselves."),
    ReasonCode.KEPT_ON_DELETE: Reason(_M, False, "The connector keeps deleted products; set on_delete to change that."),
    ReasonCode.ALREADY_GONE: Reason(_X, False, "Nothing to do: the shop does not have it any more."),
    ReasonCode.NO_PRICE: Reason(
        _M, False, "Give the variant a base price, or a price in the channel's price list, in the shop's currency."
    ),
    ReasonCode.NO_STOCK_RECORD: Reason(
        _M, False, "Give the variant a stock level at a location that the connector uses."
    ),
    ReasonCode.INVALID_VALUE: Reason(_M, False, "Correct the named field in the catalog and push again."),
    ReasonCode.MISSING_FIELD: Reason(_M, False, "Fill in the named field in the catalog and push again."),
    ReasonCode.MISSING_MAPPING: Reason(_M, False, "Map the named category, attribute or location for this connector."),
    ReasonCode.SKU_DUPLICATE: Reason(_M, False, "Two products claim this SKU at the shop; change one of them."),
    ReasonCode.EAN_DUPLICATE: Reason(_M, False, "Another product at the shop has this EAN; correct one of them."),
    ReasonCode.EAN_INVALID: Reason(_M, False, "The EAN has a wrong length or check digit; it is kept and not sent."),
    ReasonCode.EAN_SHARED: Reason(_M, False, "Several products of the catalog share this EAN; check which is right."),
    ReasonCode.EAN_AMBIGUOUS: Reason(_M, False, "Several products match; choose one by hand."),
    ReasonCode.CURRENCY_MISMATCH: Reason(
        _M, False, "The price is in another currency than the shop; add a price list in the shop's currency."
    ),
    ReasonCode.IMAGE_REFUSED: Reason(_M, False, "The shop could not fetch the picture; check that its URL is public."),
    ReasonCode.VARIANT_LIMIT: Reason(
        _M, False, "The platform allows fewer variants for one product; split the product."
    ),
    ReasonCode.OPTION_LIMIT: Reason(_M, False, "The platform allows fewer options or option values; reduce them."),
    ReasonCode.NOT_FOUND_AT_SHOP: Reason(
        _M, True, "The product was removed at the shop; push it again to create it anew."
    ),
    ReasonCode.BELONGS_TO_ANOTHER: Reason(
        _M, False, "The shop's product is linked to another product of the catalog; resolve the double."
    ),
    ReasonCode.LOCATION_UNKNOWN: Reason(_M, False, "Set the connector's location to one that the shop has."),
    ReasonCode.REFUSED_BY_PLATFORM: Reason(
        _M, False, "Read the platform's message, correct the product and push again."
    ),
    ReasonCode.SUSPENDED_BY_PLATFORM: Reason(_M, False, "The platform has suspended this product; ask its support."),
    ReasonCode.QUARANTINED: Reason(_M, False, "It failed three times in the same way; correct it or release it."),
    ReasonCode.UNSUPPORTED: Reason(_P, False, "The platform does not offer this."),
    ReasonCode.PULL_IGNORED: Reason(
        _X, False, "A newer change of ours is on its way, so the shop's value was not taken."
    ),
    ReasonCode.UNKNOWN_VARIANT: Reason(
        _M,
        False,
        "The shop has a variant that the catalog does not have; add it to the product, or remove it at the shop.",
    ),
    ReasonCode.PAGING_BROKEN: Reason(
        _P, True, "The shop gave the same pages again and again; pull again, and ask its support if that stays so."
    ),
    ReasonCode.SHOP_GONE: Reason(
        _M, False, "The shop does not exist or is frozen; check the shop's address and its plan."
    ),
    ReasonCode.CREDENTIALS_REFUSED: Reason(_M, False, "Enter new credentials for the connector."),
    ReasonCode.PERMISSION_MISSING: Reason(_M, False, "Grant the named permission to the app or key."),
    ReasonCode.THROTTLED: Reason(_P, True, "Wait: it goes on by itself when the platform allows."),
    ReasonCode.DAILY_LIMIT: Reason(_P, True, "Wait: the platform's daily limit is used up."),
    ReasonCode.UNAVAILABLE: Reason(_P, True, "Wait: the shop does not answer; it is tried again by itself."),
    ReasonCode.NO_WORKER: Reason(_X, True, "No worker for this platform is running; it goes on when one starts."),
    ReasonCode.BREAKER_OPEN: Reason(_P, True, "Calls are held back after many failures; one is tried again soon."),
    ReasonCode.REMOTE_PENDING: Reason(_P, True, "The platform is still working on it."),
    ReasonCode.ANSWER_UNKNOWN: Reason(
        _P, True, "The answer was lost; the shop is asked what it has before anything is sent again."
    ),
    ReasonCode.CONTRACT_BROKEN: Reason(
        _X, False, "The platform answered in a way nobody expected; Pixee has been told."
    ),
    ReasonCode.TOO_BIG: Reason(_M, False, "The product alone is larger than the platform takes; make it smaller."),
    ReasonCode.VERDICT_OVERDUE: Reason(_P, True, "The platform gave no verdict in time; push again."),
    ReasonCode.EXPIRED: Reason(_X, True, "The job reached its age limit before this item was sent; push again."),
    ReasonCode.CANCELLED: Reason(_M, True, "Cancelled before it was sent."),
    ReasonCode.CONNECTOR_PAUSED: Reason(_M, True, "Resume the connector."),
    ReasonCode.CONNECTOR_DELETED: Reason(_M, False, "The connector was deleted before the verdict came."),
    ReasonCode.EGRESS_REFUSED: Reason(
        _M, False, "The shop's address is not allowed; give the public https address of the shop."
    ),
    ReasonCode.KEY_UNKNOWN: Reason(
        _X, True, "The credentials were sealed with a key that is not configured; Pixee has been told."
    ),
    ReasonCode.INTERNAL: Reason(_X, False, "An error of ours; Pixee has been told."),
}
