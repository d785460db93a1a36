"""productSet in the background: CREATED, then ACTIVE, then COMPLETE on the simulator's clock.

The work is done when it is due, looked at by whoever comes first: every request settles what is due before itself.
"""

from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid
from pixee_simulators.shopify.product_set import product_set
from pixee_simulators.shopify.records import Operation


def start(context: Context, arguments: dict[str, Any]) -> Operation:
    """Accept the input; nothing of it is checked yet."""
    seconds = float(context.limits["operation_s"])
    operation = Operation(
        id=context.store.new_id(),
        arguments={"identifier": arguments.get("identifier"), "input": arguments["input"]},
        created_at=context.now,
        active_at=context.now + seconds / 2,
        done_at=context.now + seconds,
    )
    context.store.operations[operation.id] = operation
    context.store.pending.add(operation.id)
    context.work.skus += [one["sku"] for one in arguments["input"].get("variants") or () if one.get("sku")]
    context.work.ids.append(gid("ProductSetOperation", operation.id))
    return operation


def settle(context: Context) -> int:
    """Finish what is due, in the order it was due; how many. Their commits count for the request that settles."""
    waiting = (context.store.operations[number] for number in context.store.pending)
    due = [one for one in waiting if one.done_at <= context.now]
    for operation in sorted(due, key=lambda one: (one.done_at, one.id)):
        given: Any = operation.arguments
        product, operation.errors = product_set(context, given["identifier"], given["input"])
        operation.product_id = product.id if product is not None else None
        operation.done = True
        context.store.pending.discard(operation.id)
        operation.arguments = {}
    return len(due)
