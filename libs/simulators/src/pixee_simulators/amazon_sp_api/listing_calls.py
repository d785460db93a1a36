"""putListingsItem, patchListingsItem and deleteListingsItem: INVALID comes with HTTP 200 (sheet, "Push products")."""

import secrets
from typing import Any

from pixee_simulators.amazon_sp_api.errors import invalid_input
from pixee_simulators.amazon_sp_api.product_types import SETS
from pixee_simulators.amazon_sp_api.storing import store
from pixee_simulators.amazon_sp_api.submissions import Submission, considered
from pixee_simulators.amazon_sp_api.visit import Answer, Visit

_OPS = frozenset({"add", "replace", "merge", "delete"})
_DATA = ("issues", "identifiers")
PREVIEW = "VALIDATION_PREVIEW"


def put(visit: Visit) -> Answer:
    body, marketplace = visit.body(), _marketplace(visit)
    attributes, requirements = body.get("attributes"), body.get("requirements", "LISTING")
    if not isinstance(attributes, dict) or requirements not in SETS:
        raise invalid_input("Request has missing or invalid parameters and cannot be parsed.")
    submission = Submission(visit.path["sku"], marketplace, "UPDATE", _kind(body), requirements, attributes)
    return _submitted(visit, submission)


def patch(visit: Visit) -> Answer:
    body, marketplace = visit.body(), _marketplace(visit)
    return _submitted(
        visit,
        Submission(visit.path["sku"], marketplace, "PATCH", _kind(body), patches=shaped(body.get("patches"))),
    )


def delete(visit: Visit) -> Answer:
    return _submitted(visit, Submission(visit.path["sku"], _marketplace(visit), "DELETE"))


def shaped(patches: Any) -> list[dict[str, Any]]:
    """Raises Refusal (400) for anything but a list of patches with a known op, a path and a value that is a list."""
    if not isinstance(patches, list) or not patches:
        raise invalid_input("Invalid patches.", "a list with at least one patch is needed")
    for one in patches:
        fine = isinstance(one, dict) and isinstance(one.get("op"), str) and isinstance(one.get("path"), str)
        value = one.get("value") if fine else None
        if not fine or one["op"] not in _OPS or not (value is None or isinstance(value, list)):
            raise invalid_input("Invalid patches.", f"{one!r} is no patch")
    return patches


def _submitted(visit: Visit, submission: Submission) -> Answer:
    preview = visit.query.get("mode")
    if preview not in {None, PREVIEW}:
        raise invalid_input("Invalid 'mode' provided.")
    wanted = visit.included(_DATA, ("issues",))
    outcome = considered(visit.account, submission)
    visit.breaches += outcome.breaches
    visit.call.touched(skus=[submission.sku])
    if preview is None:
        done = store(visit.account, submission, outcome, limits=visit.limits, source="call", now=visit.now)
        if done != "nothing":
            visit.call.committed(**{done: 1}, what="listing")
    accepted = "VALID" if preview else "ACCEPTED"
    answer: dict[str, Any] = {
        "sku": submission.sku,
        "status": "INVALID" if outcome.code else accepted,
        "submissionId": secrets.token_hex(16),
    }
    if outcome.issues or "issues" in wanted:
        answer["issues"] = [one.wire(submission.marketplace) for one in outcome.issues]
    if "identifiers" in wanted:
        answer["identifiers"] = _identifiers(visit, submission)
    visit.call.note(status=answer["status"], code=outcome.code)
    return Answer(answer)


def _identifiers(visit: Visit, submission: Submission) -> list[dict[str, str]]:
    listing = visit.account.listings.by_key.get(submission.key)
    known = {"asin": listing.asin} if listing is not None and visit.now >= listing.asin_at else {}
    return [{"marketplaceId": submission.marketplace} | known]


def _marketplace(visit: Visit) -> str:
    visit.own(visit.path["seller_id"])
    [marketplace] = visit.marketplaces(most=1)
    return marketplace


def _kind(body: dict[str, Any]) -> str:
    kind = body.get("productType")
    if not isinstance(kind, str) or not kind:
        raise invalid_input("Request has missing or invalid parameters and cannot be parsed.", "productType is needed")
    return kind
