"""`make bench`: runs every benchmark (or the named ones) and writes docs/performance.md; exits with 1 where a limit does not hold.

A benchmark is a module of this package with `async def run() -> list[Figure]`.
"""

import asyncio
import importlib
import pkgutil
import sys
from collections.abc import Coroutine
from typing import Any

import uvloop

import benchmarks
from benchmarks.report import Figure, write


def main() -> None:
    """Runs them one after another, each in an event loop of its own."""
    names = sys.argv[1:] or [
        found.name
        for found in pkgutil.iter_modules(benchmarks.__path__)
        if found.name not in {"__main__", "report", "stack"}
    ]
    figures: list[Figure] = []
    for name in sorted(names):
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "run"):
            continue
        print(f"— {name}", flush=True)
        for figure in _run(module.run()):
            print(
                f"  {figure.name}: {figure.measured:.3g} {figure.unit} (limit: {figure.bound}); {figure.detail}",
                flush=True,
            )
            figures.append(figure)
    if not sys.argv[1:]:
        write(figures)
    broken = [figure.name for figure in figures if not figure.holds]
    if broken:
        raise SystemExit("Limits that do not hold: " + ", ".join(broken))


def _run(work: Coroutine[Any, Any, list[Figure]]) -> list[Figure]:
    # The loop that the services run on.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


if __name__ == "__main__":
    main()
