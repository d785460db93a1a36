"""What every error of WooCommerce means to us, as two tables: whole answers (faults) and single items of a batch (steps).

Each row says where it comes from in the sheet `../shared/platforms/woocommerce.md`; a test compares the sheet's codes with them.

Two readings are our own:
* HTML 500 "critical error" is a PHP fatal, usually memory or time: `too_big`, so that the engine halves and remembers (sheet:
  "retryable with a smaller batch"). Repeating creates after it makes nothing twice, since a SKU is unique in the shop: what was
  committed answers `product_invalid_sku` and becomes an update. A submission of one item cannot shrink: it is `unavailable`.
* 404 `rest_no_route` is the merchant's to mend (WooCommerce switched off, plain permalinks), so the connector pauses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.reasons import ReasonCode

_C, _S, _O = FaultScope.CONNECTOR, FaultScope.SUBMISSION, FaultScope.OPERATION


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """One kind of answer. `code` null: any; `says`: a part of the body, lower case. The first rule that fits decides."""

    statuses: frozenset[int]
    code: str | None
    kind: FaultKind
    scope: FaultScope
    reason: ReasonCode
    message: str
    source: str
    says: str | None = None
    processed: bool = False
    """The shop may have carried out (part of) the request before it answered so."""


def _on(*statuses: int) -> frozenset[int]:
    return frozenset(statuses)


ANSWER_RULES: tuple[AnswerRule, ...] = (
    AnswerRule(
        _on(401, 403),
        "woocommerce_rest_authentication_error",
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.PERMISSION_MISSING,
        "The API key may only read. Make one with the permission Read/Write in WooCommerce > Settings > Advanced > REST API.",
        "Test connection: a read-only key fails on write",
        says="permissions",
    ),
    AnswerRule(
        _on(401),
        "woocommerce_rest_authentication_error",
        FaultKind.UNAVAILABLE,
        _S,
        ReasonCode.UNAVAILABLE,
        "The shop has seen this request's number before; it is sent again under a new one.",
        "Credentials: OAuth 1.0a, replay => Invalid nonce",
        says="nonce",
    ),
    AnswerRule(
        _on(401),
        "woocommerce_rest_authentication_error",
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.CREDENTIALS_REFUSED,
        "The shop's clock is more than 15 minutes off: set it right, or give the shop https.",
        "Credentials: OAuth 1.0a, oauth_timestamp (+-15 min)",
        says="timestamp",
    ),
    AnswerRule(
        _on(401, 403),
        "woocommerce_rest_authentication_error",
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.CREDENTIALS_REFUSED,
        "The shop refuses the consumer key or secret: copy both again.",
        "Test connection: Consumer secret is invalid; Credentials: Invalid nonce",
    ),
    AnswerRule(
        _on(401),
        "woocommerce_rest_cannot_view",
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.CREDENTIALS_REFUSED,
        "The shop does not know the consumer key. If the key is right, its web server drops the Authorization header, or "
        "WordPress does not know that it is reached by https.",
        "Test connection: bad key; Credentials: HTTP, Basic is ignored",
    ),
    AnswerRule(
        _on(404),
        "rest_no_route",
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.SHOP_GONE,
        "There is no WooCommerce at this address: switch the plugin on, choose pretty permalinks, and check the folder.",
        "Test connection: 404 rest_no_route",
    ),
    AnswerRule(
        _on(404),
        "woocommerce_rest_invalid_product_id",
        FaultKind.REFUSED,
        _S,
        ReasonCode.NOT_FOUND_AT_SHOP,
        "The shop does not have this product any more.",
        "Push products: 404 woocommerce_rest_invalid_product_id",
    ),
    AnswerRule(
        _on(400, 404),
        "woocommerce_rest_product_invalid_id",
        FaultKind.REFUSED,
        _S,
        ReasonCode.NOT_FOUND_AT_SHOP,
        "The shop does not have this product any more.",
        "Errors: unknown id",
    ),
    AnswerRule(
        _on(413),
        "woocommerce_rest_request_entity_too_large",
        FaultKind.TOO_BIG,
        _S,
        ReasonCode.TOO_BIG,
        "The shop takes smaller batches.",
        "Push products: sum of the three lists",
    ),
    AnswerRule(
        _on(413),
        None,
        FaultKind.TOO_BIG,
        _S,
        ReasonCode.TOO_BIG,
        "The shop's web server takes smaller requests.",
        "Push products: on 413 halve",
    ),
    AnswerRule(
        _on(429),
        None,
        FaultKind.THROTTLED,
        _C,
        ReasonCode.THROTTLED,
        "The shop's host asks to slow down.",
        "Rate limits: 429, Retry-After",
    ),
    AnswerRule(
        _on(500),
        None,
        FaultKind.TOO_BIG,
        _S,
        ReasonCode.UNAVAILABLE,
        "WordPress stopped with a critical error; a smaller batch is tried.",
        "Errors: PHP fatals give HTML 500 critical error; Pitfall 6",
        says="critical error",
        processed=True,
    ),
    AnswerRule(
        _on(500, 502, 504, 520, 524),
        None,
        FaultKind.UNAVAILABLE,
        _C,
        ReasonCode.UNAVAILABLE,
        "The shop's server failed while answering.",
        "Rate limits: 5xx, 520-524",
        processed=True,
    ),
    AnswerRule(
        _on(408, 503, 508, 521, 522, 523),
        None,
        FaultKind.UNAVAILABLE,
        _C,
        ReasonCode.UNAVAILABLE,
        "The shop's server is too busy or in maintenance.",
        "Rate limits: 408, 503, 508, 520-524",
    ),
    AnswerRule(
        _on(301, 302, 303, 307, 308),
        None,
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.EGRESS_REFUSED,
        "The shop lives at another address: enter the one that its home page ends up at.",
        "Credentials: redirects",
    ),
    AnswerRule(
        _on(400),
        "rest_invalid_param",
        FaultKind.CONTRACT_BROKEN,
        _O,
        ReasonCode.CONTRACT_BROKEN,
        "The shop does not take a parameter of ours.",
        "Pull products: 400 rest_invalid_param; Errors",
    ),
    AnswerRule(
        _on(400),
        "rest_invalid_json",
        FaultKind.CONTRACT_BROKEN,
        _O,
        ReasonCode.CONTRACT_BROKEN,
        "The shop could not read our request.",
        "Errors: WordPress core codes",
    ),
    # What the sheet does not name by code. WordPress answers 401 to nobody and 403 to somebody who may not.
    AnswerRule(
        _on(401),
        "*",
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.CREDENTIALS_REFUSED,
        "The shop does not take the consumer key any more: make a new one.",
        "Errors: auth failures are 401",
    ),
    AnswerRule(
        _on(403),
        "*",
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.PERMISSION_MISSING,
        "The key's owner may not do this: the key must belong to an administrator or shop manager.",
        "Credentials: acts as the WP user who owns it",
    ),
    AnswerRule(
        _on(401),
        None,
        FaultKind.CREDENTIALS,
        _C,
        ReasonCode.CREDENTIALS_REFUSED,
        "The shop's web server asks for a password of its own: take /wp-json out of that protection.",
        "Errors: auth failures are 401",
    ),
    AnswerRule(
        _on(403),
        None,
        FaultKind.UNAVAILABLE,
        _C,
        ReasonCode.UNAVAILABLE,
        "A firewall or security plugin of the shop turns us away: allow /wp-json/wc/v3.",
        "Rate limits: hosts and WAFs answer 403",
    ),
)

WEB_PAGE = AnswerRule(
    _on(200),
    None,
    FaultKind.UNAVAILABLE,
    _C,
    ReasonCode.UNAVAILABLE,
    "The shop answered with a web page: it is in maintenance, or a security plugin stands before /wp-json.",
    "Test connection: HTML answer",
    processed=True,
)
BROKEN = AnswerRule(
    _on(200),
    None,
    FaultKind.AMBIGUOUS,
    _S,
    ReasonCode.ANSWER_UNKNOWN,
    "The shop's answer arrived incomplete.",
    "Errors (no row: a body that is no JSON)",
)
OTHER = AnswerRule(
    frozenset(),
    None,
    FaultKind.REFUSED,
    _S,
    ReasonCode.REFUSED_BY_PLATFORM,
    "The shop refuses the request.",
    "Errors: any other code",
)


class Step(StrEnum):
    """What is done with an item whose answer is an error."""

    LOOK_UP = "look_up"
    WITHOUT_EAN = "without_ean"
    WITHOUT_IMAGES = "without_images"
    IMAGES_ANEW = "images_anew"
    GONE = "gone"
    TERM_KNOWN = "term_known"
    REJECT = "reject"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class ItemRule:
    """One error code of a batch item."""

    code: str
    step: Step
    reason: ReasonCode
    source: str
    field: str | None = None


SKU_IN_TRASH = "woocommerce_rest_product_not_created"

ITEM_RULES: Mapping[str, ItemRule] = {
    rule.code: rule
    for rule in (
        ItemRule("product_invalid_sku", Step.LOOK_UP, ReasonCode.SKU_DUPLICATE, "Push products: duplicate SKU", "sku"),
        ItemRule(
            SKU_IN_TRASH,
            Step.LOOK_UP,
            ReasonCode.SKU_DUPLICATE,
            "Push products: SKU of a trashed product",
            "sku",
        ),
        ItemRule(
            "product_invalid_global_unique_id",
            Step.WITHOUT_EAN,
            ReasonCode.EAN_DUPLICATE,
            "Push products: EAN/GTIN",
            "ean",
        ),
        ItemRule(
            "woocommerce_product_image_upload_error",
            Step.WITHOUT_IMAGES,
            ReasonCode.IMAGE_REFUSED,
            "Push products: images; Recommended flow 4",
            "media",
        ),
        ItemRule("woocommerce_rest_product_invalid_id", Step.GONE, ReasonCode.NOT_FOUND_AT_SHOP, "Errors: unknown id"),
        ItemRule(
            "woocommerce_rest_invalid_product_id",
            Step.GONE,
            ReasonCode.NOT_FOUND_AT_SHOP,
            "Push products: a variation id at /products/batch",
        ),
        ItemRule("term_exists", Step.TERM_KNOWN, ReasonCode.INVALID_VALUE, "Push products: categories"),
        ItemRule("rest_invalid_param", Step.REJECT, ReasonCode.INVALID_VALUE, "Errors"),
        # Codes of the plugin that the sheet leaves out (unverified): a picture or a variation that was removed at the shop.
        ItemRule(
            "woocommerce_product_invalid_image_id", Step.IMAGES_ANEW, ReasonCode.IMAGE_REFUSED, "(unverified)", "media"
        ),
        ItemRule(
            "woocommerce_variation_invalid_image_id",
            Step.IMAGES_ANEW,
            ReasonCode.IMAGE_REFUSED,
            "(unverified)",
            "media",
        ),
        ItemRule(
            "woocommerce_rest_product_variation_invalid_id", Step.GONE, ReasonCode.NOT_FOUND_AT_SHOP, "(unverified)"
        ),
        ItemRule(
            "woocommerce_rest_product_variation_invalid_parent",
            Step.GONE,
            ReasonCode.NOT_FOUND_AT_SHOP,
            "(unverified)",
        ),
    )
}
