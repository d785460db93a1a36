"""What every error of Amazon means to us, as tables: whole answers (faults), issues of a listing (verdicts), restrictions.

Each row says where it comes from in the sheet `../shared/platforms/amazon_sp_api.md`; a test compares the sheet's codes with them.

Our own readings
* 403 `Unauthorized` covers an expired token, a role that is missing, the wrong region and the wrong seller. A token is fetched
  anew once by the engine; what is then still refused is the merchant's to mend, so the connector pauses.
* An answer in XML comes from a presigned address and says nothing of the seller's rights: its five minutes are over.
* No issue is transient: only 4000000 ("internal, often bad type") could be, and it comes again for the same document.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.reasons import ReasonCode

_C, _S, _O, _P = FaultScope.CONNECTOR, FaultScope.SUBMISSION, FaultScope.OPERATION, FaultScope.PLATFORM


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """One kind of answer. `code`: of `errors[0]` or LWA's `error`, null: any; `says`: a part of message or details, lower case.
    The first rule that fits decides.
    """

    statuses: frozenset[int]
    code: str | None
    kind: FaultKind
    scope: FaultScope
    reason: ReasonCode
    message: str
    source: str
    says: str | None = None


def _rule(
    status: int | tuple[int, ...],
    code: str | None,
    kind: FaultKind,
    scope: FaultScope,
    reason: ReasonCode,
    message: str,
    source: str,
    says: str | None = None,
) -> AnswerRule:
    statuses = frozenset(status if isinstance(status, tuple) else (status,))
    return AnswerRule(statuses, code, kind, scope, reason, message, source, says)


_AGAIN = "Authorise the app again in Seller Central and enter the new refresh token."
_ROLE = (
    "Amazon denies access. Check that the region and the seller id are right, that the seller still authorises the app, and "
    "that the app has the role Product Listing."
)
_KEYS = "Check the LWA client id and secret: a secret that was not rotated for 180 days does not work any more."

ANSWER_RULES: tuple[AnswerRule, ...] = (
    _rule(400, "invalid_grant", FaultKind.CREDENTIALS, _C, ReasonCode.CREDENTIALS_REFUSED,
          f"Amazon does not take the refresh token (public apps must be authorised again every 365 days). {_AGAIN}",
          "Test connection 1: invalid_grant"),
    _rule((400, 401), "invalid_client", FaultKind.CREDENTIALS, _C, ReasonCode.CREDENTIALS_REFUSED,
          f"Amazon does not know the app. {_KEYS}", "Test connection 1: invalid_client"),
    _rule((400, 401, 403), "unauthorized_client", FaultKind.CREDENTIALS, _C, ReasonCode.CREDENTIALS_REFUSED,
          f"The refresh token belongs to another app than the LWA client id. {_AGAIN}", "Test connection 1: other codes"),
    _rule((400, 401, 403), "access_denied", FaultKind.CREDENTIALS, _C, ReasonCode.CREDENTIALS_REFUSED,
          f"The seller has withdrawn the authorisation. {_AGAIN}", "Test connection 1: other codes"),
    _rule(400, "invalid_request", FaultKind.CONTRACT_BROKEN, _C, ReasonCode.CONTRACT_BROKEN,
          "Amazon could not read our sign-in.", "Test connection 1: other codes"),
    _rule(400, "invalid_scope", FaultKind.CONTRACT_BROKEN, _C, ReasonCode.CONTRACT_BROKEN,
          "Amazon does not take our sign-in.", "Test connection 1: other codes"),
    _rule((400, 500), "server_error", FaultKind.UNAVAILABLE, _C, ReasonCode.UNAVAILABLE,
          "Amazon's sign-in failed while answering.", "Test connection 1: other codes"),
    _rule((400, 503), "temporarily_unavailable", FaultKind.UNAVAILABLE, _C, ReasonCode.UNAVAILABLE,
          "Amazon's sign-in does not answer now.", "Test connection 1: other codes"),
    _rule(400, "InvalidInput", FaultKind.REFUSED, _S, ReasonCode.REFUSED_BY_PLATFORM,
          "Amazon refuses the request.", "Errors: InvalidInput (400)"),
    _rule(400, "BAD_REQUEST", FaultKind.REFUSED, _S, ReasonCode.REFUSED_BY_PLATFORM,
          "Amazon refuses the request.", "Errors: BAD_REQUEST (400)"),
    _rule((401, 403), "Unauthorized", FaultKind.CREDENTIALS, _C, ReasonCode.CREDENTIALS_REFUSED,
          "The access to the seller's account has run out.", "Errors: 403 covers an expired token, details tell",
          says="token"),
    _rule((401, 403), "Unauthorized", FaultKind.CREDENTIALS, _C, ReasonCode.PERMISSION_MISSING,
          _ROLE, "Test connection 3; Errors: 403 Unauthorized"),
    _rule(404, "NOT_FOUND", FaultKind.REFUSED, _S, ReasonCode.NOT_FOUND_AT_SHOP,
          "Amazon does not have it.", "Errors: NOT_FOUND (404)"),
    _rule(413, None, FaultKind.TOO_BIG, _S, ReasonCode.TOO_BIG,
          "Amazon takes smaller documents.", "Errors: 413"),
    _rule(415, None, FaultKind.CONTRACT_BROKEN, _O, ReasonCode.CONTRACT_BROKEN,
          "Amazon does not take the form of our document.", "Errors: 415"),
    _rule(429, "QuotaExceeded", FaultKind.THROTTLED, _P, ReasonCode.THROTTLED,
          "All sellers of the app together ask too often.", "Errors: 429 for the application",
          says="for the application"),
    _rule(429, None, FaultKind.THROTTLED, _O, ReasonCode.THROTTLED,
          "Amazon asks to slow down.", "Errors: QuotaExceeded (429)"),
    _rule(500, "InternalFailure", FaultKind.UNAVAILABLE, _S, ReasonCode.UNAVAILABLE,
          "Amazon failed while answering.", "Errors: InternalFailure (500)"),
    _rule(503, "ServiceUnavailable", FaultKind.UNAVAILABLE, _C, ReasonCode.UNAVAILABLE,
          "Amazon does not answer now.", "Errors: ServiceUnavailable (503)"),
    # Statuses whose code the sheet does not name.
    _rule((401, 403), "*", FaultKind.CREDENTIALS, _C, ReasonCode.PERMISSION_MISSING, _ROLE, "Errors: 403"),
    _rule((401, 403), None, FaultKind.UNAVAILABLE, _S, ReasonCode.UNAVAILABLE,
          "The address of a file at Amazon has run out; a new one is asked for.", "Which API: presigned, 5 minutes"),
    _rule(404, None, FaultKind.REFUSED, _S, ReasonCode.NOT_FOUND_AT_SHOP, "Amazon does not have it.", "Errors: 404"),
)  # fmt: skip

MOVED = _rule(
    (301, 302, 303, 307, 308), None, FaultKind.CREDENTIALS, _C, ReasonCode.EGRESS_REFUSED,
    "Amazon sends us to another address: check the connector's region.", "Credentials: no redirects",
)  # fmt: skip
FAILED = _rule(
    (500, 502, 503, 504), None, FaultKind.UNAVAILABLE, _S, ReasonCode.UNAVAILABLE,
    "Amazon failed while answering.", "Rate limits: retryable 500, 503",
)  # fmt: skip
BROKEN = _rule(
    200, None, FaultKind.AMBIGUOUS, _S, ReasonCode.ANSWER_UNKNOWN,
    "Amazon's answer arrived incomplete.", "Errors (no row: a body that is no JSON)",
)  # fmt: skip
OTHER = _rule(
    (), None, FaultKind.REFUSED, _S, ReasonCode.REFUSED_BY_PLATFORM,
    "Amazon refuses the request.", "Errors: any other code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IssueRule:
    """An issue by its code or its category. `gone`: the listing is not there (any more)."""

    key: str
    reason: ReasonCode
    source: str
    gone: bool = False


ISSUE_RULES: Mapping[str, IssueRule] = {
    rule.key: rule
    for rule in (
        IssueRule("90220", ReasonCode.MISSING_FIELD, "Errors: 90220 required but not supplied"),
        IssueRule("90000900", ReasonCode.INVALID_VALUE, "Errors: 90000900 attributes invalid"),
        IssueRule("99022", ReasonCode.MISSING_FIELD, "Errors: 99022 not enough values"),
        IssueRule("4000000", ReasonCode.INVALID_VALUE, "Errors: 4000000 internal, often bad type"),
        IssueRule("4000001", ReasonCode.INVALID_VALUE, "Errors: 4000001 value invalid"),
        IssueRule("18027", ReasonCode.IMAGE_REFUSED, "Errors: 18027 image policy"),
        IssueRule("18155", ReasonCode.INVALID_VALUE, "Errors: 18155 price rule"),
        IssueRule("18299", ReasonCode.PERMISSION_MISSING, "(unverified: an offer that needs an approval)"),
        # A PATCH on a SKU that is not there; the sheet names no code (unverified), other codes are rejections.
        IssueRule("13013", ReasonCode.NOT_FOUND_AT_SHOP, "(unverified)", gone=True),
    )
}

CATEGORY_RULES: Mapping[str, IssueRule] = {
    rule.key: rule
    for rule in (
        IssueRule("MISSING_ATTRIBUTE", ReasonCode.MISSING_FIELD, "Push products: issue categories"),
        IssueRule("INVALID_ATTRIBUTE", ReasonCode.INVALID_VALUE, "Push products: issue categories"),
        IssueRule("INVALID_IMAGE", ReasonCode.IMAGE_REFUSED, "Push products: issue categories"),
        IssueRule("MISSING_IMAGE", ReasonCode.MISSING_FIELD, "Push products: issue categories"),
        IssueRule("INVALID_PRICE", ReasonCode.INVALID_VALUE, "Push products: issue categories"),
        IssueRule("MISSING_PRICE", ReasonCode.NO_PRICE, "Push products: issue categories"),
        IssueRule("DUPLICATE", ReasonCode.EAN_DUPLICATE, "Push products: issue categories"),
        IssueRule("QUALIFICATION_REQUIRED", ReasonCode.PERMISSION_MISSING, "Push products: issue categories"),
    )
}


@dataclass(frozen=True, slots=True)
class RestrictionRule:
    """A restriction by its reasonCode; Amazon's own words, and its link where there is one, follow the message."""

    key: str
    reason: ReasonCode
    message: str
    source: str


RESTRICTION_RULES: Mapping[str, RestrictionRule] = {
    rule.key: rule
    for rule in (
        RestrictionRule("APPROVAL_REQUIRED", ReasonCode.PERMISSION_MISSING,
                        "Amazon lets the seller offer {asin} only after an approval.", "Push products: reasonCode"),
        RestrictionRule("ASIN_NOT_FOUND", ReasonCode.INVALID_VALUE,
                        "There is no {asin} in this marketplace: correct what is mapped to merchant_suggested_asin.",
                        "Push products: reasonCode"),
        RestrictionRule("NOT_ELIGIBLE", ReasonCode.REFUSED_BY_PLATFORM,
                        "Amazon does not let the seller offer {asin} in this condition, and there is no way to ask for it.",
                        "Push products: reasonCode"),
    )
}  # fmt: skip
RESTRICTED = RestrictionRule(
    "", ReasonCode.REFUSED_BY_PLATFORM, "Amazon does not let the seller offer {asin}.", "(no row: any other reasonCode)"
)

ACTION_REASONS: Mapping[str, ReasonCode] = {
    "LISTING_SUPPRESSED": ReasonCode.SUSPENDED_BY_PLATFORM,
    "SEARCH_SUPPRESSED": ReasonCode.SUSPENDED_BY_PLATFORM,
    "ATTRIBUTE_SUPPRESSED": ReasonCode.SUSPENDED_BY_PLATFORM,
    "CATALOG_ITEM_REMOVED": ReasonCode.SUSPENDED_BY_PLATFORM,
}
"""What Amazon does about an issue (section "Push products", enforcements): the reason of an issue that no other row knows."""
