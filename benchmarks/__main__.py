"""`make bench`: runs every benchmark (or the named ones: `make bench ONLY="post fold"`) and writes what they found into
docs/performance.md, where the figures of the others stay with their day; exits with 1 where a limit does not hold.

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
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name not in {"__main__", "report", "stack"}
    ]
    found: dict[str, list[Figure]] = {}
    for name in sorted(names):
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "run"):
            continue
        print(f"— {name}", flush=True)
        found[name] = list(_run(module.run()))
        for figure in found[name]:
            print(
                f"  {figure.name}: {figure.measured:.3g} {figure.unit} (limit: {figure.bound}); {figure.detail}",
                flush=True,
            )
        write(found)
    broken = [figure.name for figures in found.values() for figure in figures if not figure.holds]
    if broken:
        raise SystemExit("Limits that do not hold: " + ", ".join(broken))


def _run(work: Coroutine[Any, Any, list[Figure]]) -> list[Figure]:
    # The loop that the services run on.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


if __name__ == "__main__":
    main()
