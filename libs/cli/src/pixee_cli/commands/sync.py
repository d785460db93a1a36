"""`pixee sync`: starts one of the four operations, and watches it with `--watch`."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from pixee_cli import output
from pixee_cli.exits import Exit, UsageError
from pixee_cli.gateway import Gateway, connector_named, open_gateway
from pixee_cli.issues import say_issues
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run
from pixee_cli.watching import exit_of, watch


class SyncOperation(StrEnum):
    """As the public API's paths name them."""

    PUSH_PRODUCTS = "push-products"
    PUSH_STOCK = "push-stock"
    PUSH_PRICES = "push-prices"
    PULL_PRODUCTS = "pull-products"


def sync(
    connector: Annotated[str, typer.Argument(help="The connector's name or id.")],
    operation: Annotated[SyncOperation, typer.Argument()],
    product_id: Annotated[
        list[UUID] | None, typer.Option(help="Only this product; repeatable. Without it: the whole catalog.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="pull-products: everything, not only what changed.")] = False,
    watching: Annotated[bool, typer.Option("--watch", help="Stay until the job has ended, with a live bar.")] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Start a sync. With --watch the exit code is the job's: 0 completed, 5 completed with errors, 1 failed or cancelled."""

    async def work() -> Exit:
        body = _body(operation, product_id, full=full)
        async with open_gateway(Place(data)) as gateway:
            found = await connector_named(gateway, connector)
            answer = await gateway.sync(found["id"], operation, body)
            if watching:
                return await _watched(gateway, f"{found['name']} {operation}", answer["job_id"], as_json=as_json)
        if as_json:
            output.say_json(answer)
        else:
            queued = f", {answer['products_queued']:,} products" if "products_queued" in answer else ""
            output.say(f"Job {answer['job_id']} is {answer['status']}{queued}.")
            output.say(f"Next: pixee jobs show {answer['job_id']} --watch")
        return Exit.OK

    run(work(), as_json=as_json)


async def _watched(gateway: Gateway, title: str, job_id: str, *, as_json: bool) -> Exit:
    job = (await watch(gateway, {title: job_id}, silent=as_json))[title]
    if as_json:
        output.say_json(job)
    else:
        await say_issues(gateway, job)
    return exit_of(job)


def _body(operation: SyncOperation, product_ids: list[UUID] | None, *, full: bool) -> dict[str, Any] | None:
    if operation is SyncOperation.PULL_PRODUCTS:
        if product_ids:
            raise UsageError("a pull takes no --product-id: it reads what the shop has")
        return {"mode": "full"} if full else None
    if full:
        raise UsageError("--full is for pull-products")
    return {"product_ids": [str(one) for one in product_ids]} if product_ids else None
