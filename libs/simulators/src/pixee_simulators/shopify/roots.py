"""Root fields with what stands before them: scope, sizes, the idempotency key."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pixee_simulators.shopify import gates, inventory
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.idempotency import Attempt, fingerprint, first_attempt, verdict
from pixee_simulators.shopify.mutations import IDEMPOTENT, MUTATIONS, Body, Given
from pixee_simulators.shopify.planted import planted
from pixee_simulators.shopify.queries import QUERIES
from pixee_simulators.shopify.records import UserError
from pixee_simulators.shopify.wire import Info, context_of


def guarded(name: str, body: Body) -> Callable[..., Any]:
    """A root resolver: scope, sizes, then the field's own work."""

    def resolve(_root: Any, info: Info, **arguments: Any) -> Any:
        context = context_of(info)
        gates.check_scope(context, name)
        gates.check_sizes(arguments, [])
        gates.check_health(context)
        return body(context, arguments)

    return resolve


def idempotent(name: str, body: Body, check: Callable[[Given], None] | None = None) -> Callable[..., Any]:
    """As `guarded`, once per key: `body` returns a plain answer (see Attempt), of which the payload is made."""

    def resolve(_root: Any, info: Info, **arguments: Any) -> Any:
        context = context_of(info)
        gates.check_scope(context, name)
        gates.check_sizes(arguments, [])
        if check is not None:
            check(arguments["input"])
        key, mark = gates.idempotency_key(info), fingerprint(name, arguments)
        attempt = first_attempt(context.store.attempts, key, context.now)
        code = verdict(attempt, mark)
        wrong = planted(context, "idempotency", {key, name})
        if code is not None or wrong is not None:
            error = wrong or UserError(code, None, "The idempotency key cannot be used for this request.")
            return _payload(context, {"errors": [asdict(error)]})
        if context.fails:
            context.store.attempts[key] = Attempt(mark, context.now, None)
        gates.check_health(context)
        if attempt is None:
            attempt = context.store.attempts[key] = Attempt(mark, context.now, body(context, arguments))
        return _payload(context, attempt.answer or {})

    return resolve


def _payload(context: Context, answer: Given) -> Given:
    payload: Given = {"userErrors": [UserError(**error) for error in answer.get("errors", ())]}
    group, place = answer.get("group"), answer.get("level")
    if group is not None:
        changes = [inventory.Change(**one) for one in group["changes"]]
        payload["inventoryAdjustmentGroup"] = inventory.Group(**(group | {"changes": changes}))
    if place is not None:
        item = context.store.items.get(place[0])
        payload["inventoryLevel"] = item.levels.get(place[1]) if item is not None else None
    return payload


def resolvers() -> tuple[dict[str, Callable[..., Any]], dict[str, Callable[..., Any]]]:
    """(queries, mutations), ready to be hung on the schema."""
    queries = {name: guarded(name, body) for name, body in QUERIES.items()}
    mutations = {name: guarded(name, body) for name, body in MUTATIONS.items()}
    checks = {"inventorySetQuantities": gates.check_quantities}
    mutations |= {name: idempotent(name, body, checks.get(name)) for name, body in IDEMPOTENT.items()}
    return queries, mutations
