"""One submission for one SKU, from a call or a feed: what Amazon says of it at once, and what it would make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pixee_simulators.amazon_sp_api import catalog, patches
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import invalid_input
from pixee_simulators.amazon_sp_api.issues import Issue, issue_of, judge
from pixee_simulators.amazon_sp_api.listings import Attributes, Key, Version
from pixee_simulators.amazon_sp_api.product_types import OFFER_ATTRIBUTES, TYPES
from pixee_simulators.amazon_sp_api.schema_check import Problem
from pixee_simulators.kit import Violation

_MERGEABLE = frozenset({"fulfillment_availability", "purchasable_offer"})
_GENERIC = "PRODUCT"
NO_LISTING = "13013"
NOT_QUALIFIED = "18299"


@dataclass(frozen=True, slots=True)
class Submission:
    """`operation`: UPDATE (the whole listing), PATCH or DELETE. `patches` are checked for shape, not for sense."""

    sku: str
    marketplace: str
    operation: str
    product_type: str = ""
    requirements: str = "LISTING"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    patches: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return (self.sku, self.marketplace)

    def names(self) -> frozenset[str]:
        """The attributes it is about."""
        return frozenset(self.attributes) | {patches.attribute_of(one["path"]) for one in self.patches}

    def tells_facts(self) -> bool:
        """Whether it is about more than offer and stock."""
        return bool(self.names() - OFFER_ATTRIBUTES)


@dataclass(slots=True)
class Outcome:
    """With an ERROR among `issues` nothing is stored. `breaches`: what a program should not do, though Amazon answers."""

    issues: list[Issue] = field(default_factory=list)
    breaches: list[Violation] = field(default_factory=list)
    attributes: Attributes = field(default_factory=dict)
    product_type: str = ""
    requirements: str = ""

    @property
    def code(self) -> str | None:
        """Of the first error; None when the submission is accepted."""
        return next((one.code for one in self.issues if one.severity == "ERROR"), None)


def considered(account: Account, submission: Submission) -> Outcome:
    """Judge without storing. Raises Refusal (400) for patches that are no patches."""
    outcome = Outcome()
    if submission.operation == "DELETE":
        return outcome
    before = account.listings.newest(submission.key)
    if submission.operation == "UPDATE":
        _whole(account, submission, before, outcome)
    else:
        _patched(submission, before, outcome)
    _watch_quantities(account, submission, outcome)
    return outcome


def _offered(account: Account, attributes: Attributes) -> list[Issue]:
    """An offer needs an item of the catalog, and the right to sell it there in its condition (the codes are unverified)."""
    asin = next((str(one.get("value")) for one in attributes.get("merchant_suggested_asin", ())), None)
    if asin is None:
        return []
    condition = next((str(one.get("value")) for one in attributes.get("condition_type", ())), "new_new")
    code = catalog.restricted(account, asin).get(condition)
    if code == "ASIN_NOT_FOUND":
        return [Issue("4000001", f"The ASIN '{asin}' does not exist in this marketplace.", "merchant_suggested_asin")]
    if code is not None:
        message = f"You cannot list the ASIN '{asin}' in this condition."
        return [Issue(NOT_QUALIFIED, message, "merchant_suggested_asin", category="QUALIFICATION_REQUIRED")]
    return []


def _whole(account: Account, submission: Submission, before: Version | None, outcome: Outcome) -> None:
    kind = submission.product_type
    outcome.product_type, outcome.requirements = kind, submission.requirements
    if kind not in TYPES:
        outcome.issues.append(Issue("90000900", f"The product type '{kind}' is not known.", "product_type"))
        return
    offer_only = submission.requirements == "LISTING_OFFER_ONLY"
    if before is not None and kind != before.product_type and not offer_only:
        _mismatch(kind, before, outcome)
    for name, value in submission.attributes.items():
        kept = _ours(name, value, submission.marketplace, outcome)
        if kept != []:
            outcome.attributes[name] = kept
        elif value == []:
            outcome.attributes[name] = []
    problems = judge(kind, submission.marketplace, submission.requirements, True)(outcome.attributes)
    outcome.issues += [issue_of(problem) for problem in problems]
    if offer_only and before is None:
        outcome.issues += _offered(account, outcome.attributes)


def _patched(submission: Submission, before: Version | None, outcome: Outcome) -> None:
    kind = submission.product_type
    if kind not in TYPES:
        outcome.issues.append(Issue("90000900", f"The product type '{kind}' is not known.", "product_type"))
        return
    if before is None:
        outcome.issues.append(Issue(NO_LISTING, f"The SKU '{submission.sku}' does not exist.", "sku"))
        return
    if kind not in {before.product_type, _GENERIC}:
        _mismatch(kind, before, outcome)
    attributes = before.parsed()
    for patch in submission.patches:
        _patch(submission, patch, attributes, outcome)
    touched = {name: attributes[name] for name in submission.names() if name in attributes}
    problems = judge(kind, submission.marketplace, "LISTING", False)(touched)
    outcome.issues += [issue_of(problem) for problem in problems]
    outcome.attributes = attributes
    outcome.product_type, outcome.requirements = before.product_type, before.requirements


def _patch(submission: Submission, patch: dict[str, Any], attributes: Attributes, outcome: Outcome) -> None:
    name, op, value = patches.attribute_of(patch["path"]), patch["op"], patch.get("value")
    if value is None and op != "delete":
        raise invalid_input("Invalid patch.", f"{op} needs a value")
    if op == "merge" and name not in _MERGEABLE:
        outcome.breaches.append(Violation("merge", f"/attributes/{name}", "merge is for quantities and B2B plans"))
    kept = None if value is None else _ours(name, value, submission.marketplace, outcome)
    if value and not kept:
        return
    if kept is not None and not (isinstance(kept, list) and all(isinstance(one, dict) for one in kept)):
        outcome.issues.append(issue_of(Problem("type", name, "a value is a list of objects")))
        return
    schema = TYPES[submission.product_type].attributes.get(name, {})
    keys = tuple(schema.get("selectors", ("marketplace_id",)))
    patches.change(attributes, name, op, kept, keys, submission.marketplace)


def _ours(name: str, value: Any, marketplace: str, outcome: Outcome) -> Any:
    """Without the elements of other marketplaces: Amazon accepts them and changes nothing (sheet, "Pitfalls")."""
    if not isinstance(value, list):
        return value
    kept = [one for one in value if not isinstance(one, dict) or one.get("marketplace_id", marketplace) == marketplace]
    if len(kept) < len(value):
        outcome.breaches.append(
            Violation("selector", f"/attributes/{name}", f"an element of another marketplace than {marketplace}"),
        )
    return kept


def _mismatch(kind: str, before: Version, outcome: Outcome) -> None:
    message = f"The product type '{kind}' does not match the listing's product type '{before.product_type}'."
    outcome.issues.append(Issue("90000900", message, "product_type"))


def _watch_quantities(account: Account, submission: Submission, outcome: Outcome) -> None:
    """Quantities of Amazon's own warehouses are Amazon's; to push one is a mistake whatever the answer."""
    name = "fulfillment_availability"
    patched = [one.get("value") for one in submission.patches if patches.attribute_of(one["path"]) == name]
    values = [submission.attributes.get(name), *patched]
    given = [one for value in values if isinstance(value, list) for one in value if isinstance(one, dict)]
    pushed = [one for one in given if "quantity" in one]
    if any(submission.sku in account.fba_skus or is_amazons(one) for one in pushed):
        message = f"{submission.sku} is fulfilled by Amazon"
        outcome.breaches.append(Violation("fba_quantity", "/attributes/fulfillment_availability", message))


def is_amazons(element: Mapping[str, Any]) -> bool:
    """Whether a channel's stock lies in Amazon's own warehouses."""
    return str(element.get("fulfillment_channel_code", "")).startswith("AMAZON_")
