"""`pixee connectors`: over the public API."""

from collections.abc import Iterable
from typing import Annotated

import typer

from pixee_cli import output
from pixee_cli.exits import Exit, UsageError
from pixee_cli.gateway import connector_named, open_gateway
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run

app = typer.Typer(help="Connectors: links to shops.", no_args_is_help=True)

_KINDS = ("products", "stock", "prices")
Named = Annotated[str, typer.Argument(help="The connector's name or id.", metavar="CONNECTOR")]


@app.command("list")
def list_all(data: Data = DATA, as_json: AsJson = False) -> None:
    """List the account's connectors."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            found = await gateway.connectors()
        if as_json:
            output.say_json(found)
        else:
            rows = [(one["id"], one["name"], one["platform"], one["status"], one["last_sync_at"]) for one in found]
            output.table(None, ("Id", "Name", "Platform", "Status", "Last sync"), rows)
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("add")
def add(
    platform: Annotated[str, typer.Argument(help="For example shopify or woocommerce.")],
    name: Annotated[str, typer.Option(help="Your name for it.")],
    setting: Annotated[list[str] | None, typer.Option(help="name=value, repeatable.")] = None,
    credential: Annotated[
        list[str] | None,
        typer.Option(
            help="name=value, repeatable; `name` alone asks for the value, which then stays out of the history."
        ),
    ] = None,
    allow_shared: Annotated[
        bool, typer.Option("--allow-shared", help="Also when another connector serves the same shop.")
    ] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Link a shop. `GET /api/v1/platforms` lists each platform's settings and credentials."""

    async def work() -> Exit:
        body = {
            "name": name,
            "platform": platform,
            "settings": _pairs(setting or ()),
            "credentials": _pairs(credential or (), ask=True),
            "allow_shared": allow_shared,
        }
        async with open_gateway(Place(data)) as gateway:
            made = await gateway.add_connector(body)
        if as_json:
            output.say_json(made)
        else:
            output.say(f"Connector {made['name']}: {made['id']}")
            output.say(f"Next: pixee connectors test {made['id']}")
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("test")
def ask_shop(connector: Named, data: Data = DATA, as_json: AsJson = False) -> None:
    """Ask the shop whether credentials and address are right. Exit code 1 when it refuses."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            found = await connector_named(gateway, connector)
            answer = await gateway.test_connector(found["id"])
        if as_json:
            output.say_json(answer)
        else:
            output.say(f"{found['name']} ({answer['platform']}): {answer['message']} [{answer['latency_ms']} ms]")
        return Exit.OK if answer["success"] else Exit.FAILED

    run(work(), as_json=as_json)


@app.command("set")
def change(
    connector: Named,
    auto_sync: Annotated[
        str | None,
        typer.Option(
            help="What a change of the catalog pushes by itself: products, stock and prices, by comma; `none` for nothing."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="A new name for it.")] = None,
    setting: Annotated[list[str] | None, typer.Option(help="name=value, repeatable; `name=` removes it.")] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Change a connector; what is not named stays."""

    async def work() -> Exit:
        body: dict[str, object] = {}
        if auto_sync is not None:
            body["auto_sync"] = _auto_sync(auto_sync)
        if name is not None:
            body["name"] = name
        if setting:
            body["settings"] = {key: value or None for key, value in _pairs(setting).items()}
        if not body:
            raise UsageError("nothing to change: name --auto-sync, --name or --setting")
        async with open_gateway(Place(data)) as gateway:
            found = await connector_named(gateway, connector)
            changed = await gateway.change_connector(found["id"], body)
        if as_json:
            output.say_json(changed)
        else:
            on = [one for one, is_on in changed.get("auto_sync", {}).items() if is_on]
            output.say(f"Connector {changed['name']}: auto-sync {', '.join(on) or 'off'}")
        return Exit.OK

    run(work(), as_json=as_json)


def _auto_sync(given: str) -> dict[str, bool]:
    """All three, so that what is not named is off. Raises UsageError for a word that is none of them."""
    words = [word.strip() for word in given.split(",") if word.strip()]
    wrong = [word for word in words if word not in {*_KINDS, "none"}]
    if wrong or ("none" in words and len(words) > 1) or not words:
        raise UsageError(f"'{given}' is not a list of {', '.join(_KINDS)}, nor `none`")
    return {f"push_{kind}": kind in words for kind in _KINDS}


def _pairs(given: Iterable[str], *, ask: bool = False) -> dict[str, str]:
    """Raises UsageError for what is no `name=value`."""
    found: dict[str, str] = {}
    for one in given:
        name, is_pair, value = one.partition("=")
        if not is_pair and ask:
            value = str(typer.prompt(name, hide_input=True))
        elif not is_pair:
            raise UsageError(f"'{one}' is no name=value")
        found[name.strip()] = value
    return found
