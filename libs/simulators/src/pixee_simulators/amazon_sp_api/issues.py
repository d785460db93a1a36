"""Listing issues in Amazon's words: what a broken rule of the schema is called (sheet, "Errors")."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pixee_simulators.amazon_sp_api.product_types import schema_of
from pixee_simulators.amazon_sp_api.schema_check import Problem, compiled

_CODES = {"required": "90220", "minItems": "99022", "additionalProperties": "90000900", "maxItems": "90000900"}
_CATEGORIES = {"90220": "MISSING_ATTRIBUTE", "99022": "MISSING_ATTRIBUTE"}
_INVALID_VALUE = "4000001"


@dataclass(frozen=True, slots=True)
class Issue:
    """`attribute` is top-level; empty when the issue is about the whole listing."""

    code: str
    message: str
    attribute: str = ""
    severity: str = "ERROR"
    category: str = "INVALID_ATTRIBUTE"
    actions: tuple[str, ...] = ()

    def wire(self, marketplace: str) -> dict[str, Any]:
        """As in Listings Items answers."""
        wire: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "severity": self.severity,
            "categories": [self.category],
            "marketplaceIds": [marketplace],
        }
        if self.attribute:
            wire["attributeNames"] = [self.attribute]
        if self.actions:
            actions = [{"action": one} for one in self.actions]
            wire["enforcements"] = {"actions": actions, "exemption": {"status": "NOT_EXEMPT"}}
        return wire


def issue_of(problem: Problem) -> Issue:
    attribute = problem.path.split(".", 1)[0]
    code = _CODES.get(problem.rule, _INVALID_VALUE)
    messages = {
        "90220": f"'[{problem.path}]' is required but not supplied.",
        "99022": f"The attribute '{problem.path}' does not have enough values. The required minimum is '1' value(s).",
        "90000900": f"The attributes are invalid: {problem.path}: {problem.message}.",
        _INVALID_VALUE: f"The provided value for '{problem.path}' is invalid: {problem.message}.",
    }
    return Issue(code, messages[code], attribute, category=_CATEGORIES.get(code, "INVALID_ATTRIBUTE"))


@cache
def judge(product_type: str, marketplace: str, requirements: str, enforced: bool) -> Callable[[Any], list[Problem]]:
    """The compiled schema of a type, as it is served."""
    return compiled(schema_of(product_type, marketplace, requirements, enforced))


def late_image_issue() -> Issue:
    """What Amazon says of a picture hours after it took the listing."""
    return Issue(
        "18027",
        "We believe the main image has text, logo, graphic or watermark which is not permitted for this product type.",
        "main_product_image_locator",
        category="INVALID_IMAGE",
        actions=("SEARCH_SUPPRESSED",),
    )
