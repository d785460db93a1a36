"""`pixee accounts`: made and listed in the database, as its owner; the public API has no way to make an account."""

from typing import Annotated
from uuid import UUID

import typer

from pixee_cli import output
from pixee_cli.account_store import create_account, list_accounts
from pixee_cli.exits import Exit
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run

app = typer.Typer(help="Accounts: whose catalog and connectors these are.", no_args_is_help=True)


@app.command("create")
def create(name: Annotated[str, typer.Argument()], data: Data = DATA, as_json: AsJson = False) -> None:
    """Make an account."""

    async def work() -> Exit:
        async with Place(data).database() as database:
            account_id = await create_account(database, name)
        return _say({"id": account_id, "name": name}, as_json)

    run(work(), as_json=as_json)


@app.command("list")
def list_all(data: Data = DATA, as_json: AsJson = False) -> None:
    """List all accounts."""

    async def work() -> Exit:
        async with Place(data).database() as database:
            found = await list_accounts(database)
        if as_json:
            output.say_json([{"id": one.id, "name": one.name, "products": one.products} for one in found])
        else:
            output.table(None, ("Id", "Name", "Products"), [(one.id, one.name, one.products) for one in found])
        return Exit.OK

    run(work(), as_json=as_json)


def _say(account: dict[str, str | UUID], as_json: bool) -> Exit:
    if as_json:
        output.say_json(account)
    else:
        output.say(f"Account {account['name']}: {account['id']}")
        output.say(f'Next: pixee keys create --account "{account["name"]}" --keep')
    return Exit.OK
