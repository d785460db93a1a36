"""`pixee mapping`: what a connector's mapping holds, lacks and could hold; out to YAML and back in."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from pixee_cli import output
from pixee_cli.commands.connectors import Named
from pixee_cli.exits import Exit, UsageError
from pixee_cli.gateway import Json, connector_named, open_gateway
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run

app = typer.Typer(help="Mappings: our categories, attributes, locations ↔ the shop's.", no_args_is_help=True)

_ADVICE = ("suggestions", "missing")
_TABLES = ("categories", "product_types", "locations", "tax_classes")
_CHOICES = ("locale", "channel", "price_list")
File = Annotated[Path, typer.Argument(help="A YAML file; `-` is the terminal.", allow_dash=True)]


@app.command("show")
def show(connector: Named, data: Data = DATA, as_json: AsJson = False) -> None:
    """What is mapped."""

    async def work() -> Exit:
        mapping = _without_advice(await _mapping(data, connector))
        if as_json:
            output.say_json(mapping)
            return Exit.OK
        output.say(f"Version {mapping['version']}")
        chosen = {name: mapping[name] for name in _CHOICES if mapping[name] is not None}
        output.pairs(chosen)
        rows = [(part, ours, theirs) for part in _TABLES for ours, theirs in mapping[part].items()]
        rows += [("attributes", _source(rule), rule["target"]) for rule in mapping["attributes"]]
        if rows:
            output.table(None, ("Part", "Ours", "Theirs"), rows)
        elif not chosen:
            output.say("Nothing is mapped.")
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("missing")
def missing(connector: Named, data: Data = DATA, as_json: AsJson = False) -> None:
    """What of the catalog has no counterpart, so that its products are rejected. Exit code 5 when there is something."""

    async def work() -> Exit:
        found = (await _mapping(data, connector))["missing"]
        if as_json:
            output.say_json(found)
        elif found:
            rows = [(one["products"], one["field"], one["ours"]) for one in found]
            output.table(None, ("Products", "Map", "For"), rows)
        else:
            output.say("Nothing is missing.")
        return Exit.WITH_ERRORS if found else Exit.OK

    run(work(), as_json=as_json)


@app.command("suggest")
def suggest(connector: Named, data: Data = DATA, as_json: AsJson = False) -> None:
    """Entries guessed from names. The shop is asked first where it never was."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            found = await connector_named(gateway, connector)
            await gateway.requirements(found["id"])
            offered = (await gateway.mapping(found["id"]))["suggestions"]
        if as_json:
            output.say_json(offered)
        elif offered:
            rows = [(one["part"], one["ours"], one["theirs"], f"{one['score']:.0%}") for one in offered]
            output.table(None, ("Part", "Ours", "Theirs", "Alike"), rows)
        else:
            output.say("There is nothing to suggest.")
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("export")
def export(connector: Named, file: File = Path("-"), data: Data = DATA, as_json: AsJson = False) -> None:
    """Write the mapping as YAML, with its version."""

    async def work() -> Exit:
        mapping = _without_advice(await _mapping(data, connector))
        text = yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False)
        if str(file) == "-":
            output.say(text.rstrip("\n"))
            return Exit.OK
        file.write_text(text, encoding="utf-8")
        if as_json:
            output.say_json({"file": str(file), "version": mapping["version"]})
        else:
            output.say(f"Version {mapping['version']} is in {file}.")
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("import")
def take_in(connector: Named, file: File, data: Data = DATA, as_json: AsJson = False) -> None:
    """Replace the mapping by a YAML file's. A version in the file must be the one that is there now; without one, it is not asked."""

    async def work() -> Exit:
        wanted = _read(file)
        async with open_gateway(Place(data)) as gateway:
            found = await connector_named(gateway, connector)
            if wanted.get("version") is None:
                wanted["version"] = (await gateway.mapping(found["id"]))["version"]
            kept = await gateway.put_mapping(found["id"], wanted)
        if as_json:
            output.say_json(_without_advice(kept))
        else:
            output.say(f"The mapping of {found['name']} has version {kept['version']}; {len(kept['missing'])} missing.")
        return Exit.OK

    run(work(), as_json=as_json)


async def _mapping(data: Path, connector: str) -> Json:
    async with open_gateway(Place(data)) as gateway:
        found = await connector_named(gateway, connector)
        return await gateway.mapping(found["id"])


def _without_advice(mapping: Json) -> Json:
    return {name: value for name, value in mapping.items() if name not in _ADVICE}


def _source(rule: Json) -> str:
    more = [f"in {rule['unit']}"] if rule["unit"] else []
    more += [f"{len(rule['values'])} values"] if rule["values"] else []
    more += [f"of {', '.join(rule['product_types'])}"] if rule["product_types"] else []
    return " ".join([rule["source"], *([f"({', '.join(more)})"] if more else [])])


def _read(file: Path) -> dict[str, Any]:
    """The document. Raises UsageError where there is none."""
    try:
        text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{file} cannot be read as YAML: {error}") from error
    if not isinstance(document, dict):
        raise UsageError(
            f"{file} holds no mapping: write `categories:`, `attributes:` … as `pixee mapping export` does"
        )
    return {str(name): value for name, value in document.items()}
