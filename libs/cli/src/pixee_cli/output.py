"""What a command says: for people on the terminal, or one JSON document on stdout for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_UNSEEN_WIDTH = 160  # columns where nobody looks: a file or a pipe

console = Console(highlight=False, width=None if sys.stdout.isatty() else _UNSEEN_WIDTH)
errors = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _UNSEEN_WIDTH)


def say_json(document: Any) -> None:
    """The whole answer of a command with `--json`."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """A line; names from outside are never read as markup."""
    console.print(Text(text), soft_wrap=True)


def complain(text: str) -> None:
    """A line on stderr."""
    errors.print(Text(text), soft_wrap=True)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table; numbers stand right, None is empty."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[place], int | float) for row in rows)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=column == "Id")
    for row in rows:
        made.add_row(
            *(Text("" if value is None else f"{value:,}" if isinstance(value, int) else str(value)) for value in row)
        )
    console.print(made)


def pairs(values: Mapping[str, Any]) -> None:
    """Name and value, a line each."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        say(f"{name:<{width}}  {'' if value is None else value}")
