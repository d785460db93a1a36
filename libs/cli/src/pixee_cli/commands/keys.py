"""`pixee keys`: API keys, made in the database as its owner. A key is shown once."""

from dataclasses import asdict
from typing import Annotated

import typer

from pixee_cli import output
from pixee_cli.account_store import PERMISSIONS, create_key, find_account, list_keys, revoke_key
from pixee_cli.exits import Exit
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run

app = typer.Typer(help="API keys of an account.", no_args_is_help=True)

AccountName = Annotated[str | None, typer.Option("--account", help="Name or id; needless where there is only one.")]


@app.command("create")
def create(
    account: AccountName = None,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "command line",
    permission: Annotated[
        list[str] | None, typer.Option(help="READ, MANAGE_SETTINGS; repeat for both (default: both).")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires (default: never).")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep it in the data folder for the next commands.")] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown once and stored nowhere in clear (but for --keep)."""

    async def work() -> Exit:
        place = Place(data)
        async with place.database() as database:
            owner = await find_account(database, account)
            key_id, text = await create_key(database, owner, name, permission or PERMISSIONS, days=days)
        kept = place.keep_key(text) if keep else None
        if as_json:
            output.say_json({"id": key_id, "account": owner.name, "key": text, "kept": str(kept) if kept else None})
        else:
            output.say(text)
            output.complain(f"Kept in {kept}." if kept else "Shown this once. Use it as PIXEE_API_KEY.")
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("list")
def list_all(account: AccountName = None, data: Data = DATA, as_json: AsJson = False) -> None:
    """List keys, without their secrets."""

    async def work() -> Exit:
        async with Place(data).database() as database:
            found = await list_keys(database, await find_account(database, account) if account else None)
        if as_json:
            output.say_json([asdict(key) for key in found])
            return Exit.OK
        rows = [
            (key.id, key.account, key.name, " ".join(key.permissions), _state(key.revoked_at, key.expires_at),
             _short(key.last_used_at))
            for key in found
        ]  # fmt: skip
        output.table(None, ("Id", "Account", "Name", "Permissions", "State", "Last used"), rows)
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument()], data: Data = DATA, as_json: AsJson = False) -> None:
    """End a key at once."""

    async def work() -> Exit:
        async with Place(data).database() as database:
            await revoke_key(database, key_id)
        if as_json:
            output.say_json({"id": key_id, "revoked": True})
        else:
            output.say(f"Key {key_id} is revoked.")
        return Exit.OK

    run(work(), as_json=as_json)


def _state(revoked: object, expires: object) -> str:
    if revoked is not None:
        return "revoked"
    return "active" if expires is None else f"until {_short(expires)}"


def _short(moment: object) -> str:
    return "" if moment is None else str(moment)[:16]
