"""`pixee demo`: the main job on the embedded stack; `pixee demo compare`: only its comparison, on a stack that runs."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pixee_cli import output
from pixee_cli.account_store import find_account
from pixee_cli.comparison.shop_access import ShopUnreadable, open_client
from pixee_cli.demo.comparing import compare_shops, say_comparison
from pixee_cli.demo.context import ACCOUNT
from pixee_cli.demo.shops import TITLES, demo_shops
from pixee_cli.demo.story import run_demo
from pixee_cli.exits import CliError, Exit
from pixee_cli.place import DEFAULT_DATA, Place
from pixee_cli.running import AsJson, Data, run

DEMO_DATA = DEFAULT_DATA / "demo"

app = typer.Typer(help="Import, push to three simulated shops, compare, prove that nothing is sent twice.")

CatalogFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        help="Another catalog than the sample or our own. Options other than Colour, Size and Ink are not mapped for Amazon.",
    ),
]


@app.callback(invoke_without_command=True)
def demo(context: typer.Context, data: Data = DEMO_DATA, file: CatalogFile = None) -> None:
    """Run the whole demo (its data is kept, so a second run finds nothing to do)."""
    if context.invoked_subcommand is None:
        run(run_demo(data, file))


@app.command("compare")
def compare(data: Data = DEMO_DATA, as_json: AsJson = False) -> None:
    """Compare the demo's catalog with its shops on a running stack. Exit code 1 when anything differs."""

    async def work() -> Exit:
        place = Place(data)
        try:
            async with place.database() as database, open_client() as client:
                account = await find_account(database, ACCOUNT)
                found = await compare_shops(database, account.id, demo_shops(place, client), client)
        except ShopUnreadable as error:
            raise CliError(str(error)) from None
        if as_json:
            output.say_json({platform: asdict(one) for platform, one in found.items()})
        else:
            say_comparison(found, TITLES)
        return Exit.FAILED if any(one.differences for one in found.values()) else Exit.OK

    run(work(), as_json=as_json)
