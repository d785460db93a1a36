"""User errors planted by a test, for the codes that no input can provoke (GENERIC_ERROR, JOB_ERROR, PRODUCT_SUSPENDED…).

Shop setting `planted_errors`: list of `{"operation", "match", "code", "field"?, "message"?, "times"?}`; `match` is a
SKU, handle, title, id or metafield value of the input ("*": any). Each is given `times` times (default: always).
"""

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.records import UserError


def planted(context: Context, operation: str, names: set[str]) -> UserError | None:
    """The planted error that this input meets, counted down."""
    for rule in context.settings.get("planted_errors", ()):
        left = rule.get("times")
        if rule["operation"] != operation or (rule["match"] != "*" and rule["match"] not in names) or left == 0:
            continue
        if left is not None:
            rule["times"] = left - 1
        return UserError(rule["code"], rule.get("field"), rule.get("message", "Planted error"))
    return None
