"""The frame of every command: runs its coroutine, turns errors into messages and exit codes."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from pixee_cli import output
from pixee_cli.exits import CliError, Exit, GatewayRefused, UsageError
from pixee_cli.importing.problems import FileUnusable
from pixee_cli.importing.sending import CatalogSilent
from pixee_cli.place import DEFAULT_DATA
from pixee_devstack.errors import DevstackError

Data = Annotated[
    Path, typer.Option("--data", envvar="PIXEE_DATA", help="Folder of the stack, its data and the kept API key.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for programs.")]
DATA = DEFAULT_DATA


def run(work: Coroutine[Any, Any, Exit], *, as_json: bool = False) -> None:
    """Runs a command to its end and exits with its code."""
    raise typer.Exit(int(_ended(work, as_json)))


def _ended(work: Coroutine[Any, Any, Exit], as_json: bool) -> Exit:
    try:
        return asyncio.run(work)
    except GatewayRefused as error:
        return _failed(error.exit, error.message, as_json, error.code, error.problem)
    except CliError as error:
        return _failed(error.exit, error.message, as_json)
    except FileUnusable as error:
        return _failed(UsageError.exit, str(error), as_json)
    except CatalogSilent as error:
        return _failed(Exit.FAILED, str(error), as_json)
    except DevstackError as error:
        return _failed(Exit.NOT_REACHABLE, str(error), as_json)
    except KeyboardInterrupt:
        output.complain("stopped")
        return Exit.FAILED


def _failed(code: Exit, message: str, as_json: bool, reason: str | None = None, problem: object = None) -> Exit:
    if as_json:
        error = {"exit": int(code), "code": reason, "message": message, "problem": problem}
        output.say_json({"error": {name: value for name, value in error.items() if value}})
    else:
        output.complain(f"Error: {message}")
    return code
