"""What every wc/v3 collection can do, and the batch that drives any of them (sheet, "Push products")."""

from collections.abc import Mapping
from typing import Any, Protocol

from pixee_simulators.woocommerce import coercion
from pixee_simulators.woocommerce.arguments import Argument, check
from pixee_simulators.woocommerce.errors import WooError
from pixee_simulators.woocommerce.visit import Answer, Visit


class Collection(Protocol):
    """One REST collection within one visit. `create`, `update` and `delete` answer with the object's wire form and
    raise WooError; they do not check argument types, since a batch does not either.
    """

    accepts: Mapping[str, Argument]
    required: tuple[str, ...]
    list_accepts: Mapping[str, Argument]

    def search(self) -> Answer: ...
    def get(self, number: int) -> dict[str, Any]: ...
    def create(self, body: dict[str, Any]) -> dict[str, Any]: ...
    def update(self, number: int, body: dict[str, Any]) -> dict[str, Any]: ...
    def delete(self, number: int, *, force: bool) -> dict[str, Any]: ...


def batch(visit: Visit, collection: Collection) -> Answer:
    """Create, update, delete in that order, each item alone; an empty answer is `[]`, as PHP has it [live]."""
    body = visit.body
    lists = {name: body[name] for name in ("create", "update", "delete") if isinstance(body.get(name), list)}
    limit = int(visit.limits["batch_items"])
    if sum(map(len, lists.values())) > limit:
        message = f"Unable to accept more than {limit} items for this request."
        raise WooError("woocommerce_rest_request_entity_too_large", message, 413)
    done: dict[str, list[Any]] = {}
    for name, items in lists.items():
        if items:
            done[name] = [_one(collection, name, item) for item in items]
    return Answer(done or [])


def _one(collection: Collection, name: str, item: Any) -> dict[str, Any]:
    body = item if isinstance(item, dict) else {}
    number = (
        coercion.integer(item) if name == "delete" and not isinstance(item, dict) else coercion.integer(body.get("id"))
    )
    try:
        if name == "create":
            return collection.create(body)
        if name == "update":
            return collection.update(number, body)
        return collection.delete(number, force=True)
    except WooError as error:
        return {"id": 0 if name == "create" else number, "error": error.wire()}


def create(visit: Visit, collection: Collection) -> Answer:
    check(collection.accepts, visit.body, required=collection.required)
    return Answer(collection.create(visit.body), 201)


def update(visit: Visit, collection: Collection, number: int) -> Answer:
    check(collection.accepts, visit.body)
    return Answer(collection.update(number, visit.body))


def delete(visit: Visit, collection: Collection, number: int) -> Answer:
    given = visit.query.get("force", visit.body.get("force", False))
    return Answer(collection.delete(number, force=coercion.boolean(given)))


def listed(visit: Visit, collection: Collection) -> Answer:
    check(collection.list_accepts, visit.query)
    return collection.search()
