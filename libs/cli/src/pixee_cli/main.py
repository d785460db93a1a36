"""`pixee`: the command line. `pixee --help` lists commands and exit codes; docs/cli.md tells them at length."""

import typer

from pixee_cli.commands import accounts, catalog, connectors, dlq, jobs, keys, mapping, quarantine
from pixee_cli.commands.demo import app as demo_app
from pixee_cli.commands.doctor import doctor
from pixee_cli.commands.simulator import simulator
from pixee_cli.commands.sync import sync
from pixee_cli.commands.up import up
from pixee_cli.exits import MEANINGS

_HELP = "Pixee Connectors: the catalog in step with the shops.\n\nExit codes:\n\n" + "\n\n".join(
    f"{int(code)}  {meaning}" for code, meaning in MEANINGS.items()
)

app = typer.Typer(
    name="pixee", help=_HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None,
)  # fmt: skip
app.command("up")(up)
app.add_typer(demo_app, name="demo")
app.add_typer(accounts.app, name="accounts")
app.add_typer(keys.app, name="keys")
app.add_typer(connectors.app, name="connectors")
app.add_typer(mapping.app, name="mapping")
app.add_typer(catalog.app, name="catalog")
app.command("sync")(sync)
app.add_typer(jobs.app, name="jobs")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(dlq.app, name="dlq")
app.command("simulator")(simulator)
app.command("doctor")(doctor)


def main() -> None:
    """The entry point."""
    app()
