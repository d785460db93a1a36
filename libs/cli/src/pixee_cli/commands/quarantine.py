"""`pixee quarantine`: what is held back at a connector, and letting it go."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from pixee_cli import output
from pixee_cli.commands.connectors import Named
from pixee_cli.exits import Exit
from pixee_cli.gateway import connector_named, open_gateway
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run

app = typer.Typer(
    help="Items that failed three times in the same way: no call is made for them until they are corrected or released.",
    no_args_is_help=True,
)


class PushOperation(StrEnum):
    """Operations that have items of ours."""

    PUSH_PRODUCTS = "push_products"
    PUSH_STOCK = "push_stock"
    PUSH_PRICES = "push_prices"


Operation = Annotated[PushOperation | None, typer.Option(help="Only this operation.")]


@app.command("list")
def list_all(
    connector: Named,
    operation: Operation = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many (default: all).")] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """List what is in quarantine: since when, why, what to do."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            chosen = (await connector_named(gateway, connector))["id"]
            found = [item async for item in gateway.quarantine(chosen, operation, at_most=limit)]
        if as_json:
            output.say_json(found)
        else:
            rows = [
                (one["sku"] or one["item_id"], one["operation"], one["failures"], one["reason"], one["message"],
                 one["since"], one["advice"])
                for one in found
            ]  # fmt: skip
            output.table(None, ("SKU", "Operation", "Failures", "Reason", "Message", "Since", "Advice"), rows)
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("release")
def release(
    connector: Named,
    product_id: Annotated[
        list[UUID] | None, typer.Option(help="Only this product and its variants; repeatable. Without it: all.")
    ] = None,
    operation: Operation = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Forget the failures: the next push tries the items again."""

    async def work() -> Exit:
        body: dict[str, Any] = {"product_ids": [str(one) for one in product_id]} if product_id else {}
        if operation is not None:
            body["operation"] = operation.value
        async with open_gateway(Place(data)) as gateway:
            chosen = (await connector_named(gateway, connector))["id"]
            answer = await gateway.release(chosen, body)
        if as_json:
            output.say_json(answer)
        else:
            output.say(f"{answer['released']:,} items released.")
        return Exit.OK

    run(work(), as_json=as_json)
