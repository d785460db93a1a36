"""What every answer of Shopify that is an error as a whole means to us, as data; `user_errors` has those of single items.

Each row says where it stands in the sheet (../shared/platforms/shopify.md). `classify` reads these tables and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.reasons import ReasonCode

_CONNECTOR, _OPERATION, _SUBMISSION = FaultScope.CONNECTOR, FaultScope.OPERATION, FaultScope.SUBMISSION
_RATE, _ERRORS, _PUSH, _STOCK, _AUTH = (
    "Rate limits and retries",
    "Errors",
    "Push products",
    "Push stock",
    "Test connection",
)

DAILY_WAIT_SECONDS = 3600.0
"""How long creates wait when the day's new variants are used up and the answer does not say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault, and the place in the sheet that names it. `says`: words of the body, lower case, that must be there."""

    kind: FaultKind
    scope: FaultScope
    reason: ReasonCode
    message: str
    source: str
    says: tuple[str, ...] = ()
    wait: float | None = None


_REFUSED_TOKEN = "Shopify refuses the credentials: enter a new access token, or install the app again."
_DOWN = "Shopify does not answer at the moment."

STATUSES: Mapping[int, tuple[Rule, ...]] = {
    400: (
        Rule(
            FaultKind.CREDENTIALS,
            _CONNECTOR,
            ReasonCode.CREDENTIALS_REFUSED,
            "Shopify refuses the client id or secret: copy both again, and install the app in this shop.",
            "Credentials and auth 2",
            says=("invalid_client",),
        ),
        Rule(
            FaultKind.CREDENTIALS,
            _CONNECTOR,
            ReasonCode.CREDENTIALS_REFUSED,
            "Shopify gives this app no token: it must belong to the organisation that owns the shop.",
            "Credentials and auth 2",
            says=("unsupported_grant_type",),
        ),
        Rule(
            FaultKind.CREDENTIALS,
            _CONNECTOR,
            ReasonCode.CREDENTIALS_REFUSED,
            "The app's access to the shop has ended: connect the shop again.",
            "Credentials and auth 3",
            says=("invalid_grant",),
        ),
        Rule(
            FaultKind.CONTRACT_BROKEN, _OPERATION, ReasonCode.CONTRACT_BROKEN, "Shopify cannot read the request.", _RATE
        ),
    ),
    401: (Rule(FaultKind.CREDENTIALS, _CONNECTOR, ReasonCode.CREDENTIALS_REFUSED, _REFUSED_TOKEN, _AUTH),),
    402: (
        Rule(
            FaultKind.CREDENTIALS,
            _CONNECTOR,
            ReasonCode.SHOP_GONE,
            "The shop is frozen: its plan must be paid before anything can be synced.",
            _AUTH,
        ),
    ),
    403: (
        Rule(
            FaultKind.CREDENTIALS,
            _CONNECTOR,
            ReasonCode.PERMISSION_MISSING,
            "Shopify refuses access: grant the app its scopes and install it again.",
            _AUTH,
        ),
    ),
    404: (
        Rule(
            FaultKind.CREDENTIALS,
            _CONNECTOR,
            ReasonCode.SHOP_GONE,
            "There is no shop at this address: check the .myshopify.com domain.",
            _AUTH,
        ),
    ),
    413: (Rule(FaultKind.TOO_BIG, _SUBMISSION, ReasonCode.TOO_BIG, "Shopify takes smaller requests.", "ours: HTTP"),),
    423: (
        Rule(
            FaultKind.CREDENTIALS,
            _CONNECTOR,
            ReasonCode.SHOP_GONE,
            "The shop is locked: its owner must ask Shopify's support.",
            _AUTH,
        ),
    ),
    429: (
        Rule(
            FaultKind.THROTTLED,
            _OPERATION,
            ReasonCode.DAILY_LIMIT,
            "The shop may create no more variants today (Shopify's limit for shops with over 50,000 variants).",
            "Rate limits and retries: resource limit",
            says=("variant",),
            wait=DAILY_WAIT_SECONDS,
        ),
        Rule(FaultKind.THROTTLED, _CONNECTOR, ReasonCode.THROTTLED, "Shopify asks to slow down.", _RATE),
    ),
    430: (
        Rule(
            FaultKind.REFUSED,
            _CONNECTOR,
            ReasonCode.REFUSED_BY_PLATFORM,
            "Shopify's security refuses the request: ask its support.",
            _RATE,
        ),
    ),
    500: (Rule(FaultKind.UNAVAILABLE, _CONNECTOR, ReasonCode.UNAVAILABLE, _DOWN, _RATE),),
    502: (Rule(FaultKind.UNAVAILABLE, _CONNECTOR, ReasonCode.UNAVAILABLE, _DOWN, _RATE),),
    503: (Rule(FaultKind.UNAVAILABLE, _CONNECTOR, ReasonCode.UNAVAILABLE, _DOWN, _RATE),),
    504: (
        Rule(
            FaultKind.AMBIGUOUS,
            _SUBMISSION,
            ReasonCode.ANSWER_UNKNOWN,
            "Shopify took too long to answer.",
            "Push products: requests are cut at about 10 s",
        ),
    ),
    530: (Rule(FaultKind.UNAVAILABLE, _CONNECTOR, ReasonCode.UNAVAILABLE, _DOWN, _RATE),),
    540: (Rule(FaultKind.UNAVAILABLE, _CONNECTOR, ReasonCode.UNAVAILABLE, _DOWN, _RATE),),
}
"""By HTTP status; the first rule whose words are in the body."""

OTHER_SERVER_ERROR = Rule(FaultKind.UNAVAILABLE, _CONNECTOR, ReasonCode.UNAVAILABLE, _DOWN, "ours: any other 5xx")
OTHER_STATUS = Rule(
    FaultKind.CONTRACT_BROKEN,
    _OPERATION,
    ReasonCode.CONTRACT_BROKEN,
    "Shopify answered with a status that nobody expects",
    "ours: any other status",
)
NOT_JSON = Rule(
    FaultKind.CONTRACT_BROKEN, _OPERATION, ReasonCode.CONTRACT_BROKEN, "Shopify's answer is not JSON.", "ours: not JSON"
)

GRAPHQL_ERRORS: Mapping[str, Rule] = {
    "THROTTLED": Rule(
        FaultKind.THROTTLED, _CONNECTOR, ReasonCode.THROTTLED, "Shopify's points are used up for the moment.", _RATE
    ),
    "ACCESS_DENIED": Rule(
        FaultKind.CREDENTIALS,
        _OPERATION,
        ReasonCode.PERMISSION_MISSING,
        "The app lacks a permission: grant it in Shopify and install the app again.",
        _ERRORS,
    ),
    "MAX_COST_EXCEEDED": Rule(
        FaultKind.TOO_BIG, _SUBMISSION, ReasonCode.TOO_BIG, "The request costs more than Shopify allows for one.", _RATE
    ),
    "MAX_INPUT_SIZE_EXCEEDED": Rule(
        FaultKind.TOO_BIG, _SUBMISSION, ReasonCode.TOO_BIG, "A list is longer than Shopify takes.", _PUSH
    ),
    "INTERNAL_SERVER_ERROR": Rule(
        FaultKind.UNAVAILABLE, _CONNECTOR, ReasonCode.UNAVAILABLE, "Shopify had an error of its own.", _RATE
    ),
    "BAD_REQUEST": Rule(
        FaultKind.CONTRACT_BROKEN, _OPERATION, ReasonCode.CONTRACT_BROKEN, "Shopify cannot accept the request.", _STOCK
    ),
    "INVALID_FIELD_ARGUMENTS": Rule(
        FaultKind.CONTRACT_BROKEN, _OPERATION, ReasonCode.CONTRACT_BROKEN, "Shopify refuses an argument.", _ERRORS
    ),
}
"""By `errors[].extensions.code` of an answer with status 200."""

STORAGE_HEADER = "x-guploader-uploadid"
"""What every answer of Google's storage carries, where bulk files go and come from."""

OTHER_STORAGE = Rule(
    FaultKind.UNAVAILABLE,
    _SUBMISSION,
    ReasonCode.UNAVAILABLE,
    "Shopify's file could not be read; its address is asked for again.",
    "Push products: bulk path 5, signed addresses end",
)
STORAGE: Mapping[int, Rule] = {
    413: Rule(
        FaultKind.TOO_BIG, _SUBMISSION, ReasonCode.TOO_BIG, "Shopify takes smaller files.", "Push products: bulk path"
    ),
    429: Rule(
        FaultKind.THROTTLED, _SUBMISSION, ReasonCode.THROTTLED, "Shopify's files ask to slow down.", "ours: HTTP"
    ),
}
"""By HTTP status, where the answer is the file storage's; nothing that it says is about the shop's credentials."""

BULK_BUSY = Rule(
    FaultKind.THROTTLED,
    _SUBMISSION,
    ReasonCode.THROTTLED,
    "Shopify is still busy with another bulk operation.",
    "Push products: bulk path, start errors",
)
"""The file waits and is uploaded again."""

NULL_PAYLOAD = Rule(
    FaultKind.AMBIGUOUS,
    _SUBMISSION,
    ReasonCode.ANSWER_UNKNOWN,
    "Shopify had an error of its own and does not say what was done.",
    "Errors 3: null together with errors = outcome unknown",
)
OTHER_GRAPHQL = Rule(
    FaultKind.CONTRACT_BROKEN,
    _OPERATION,
    ReasonCode.CONTRACT_BROKEN,
    "Shopify refuses the request as its schema has it.",
    "Errors: variable type errors carry extensions.problems",
)
