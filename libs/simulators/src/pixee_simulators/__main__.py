"""`python -m pixee_simulators <slug> --port N --data DIR`: one simulated platform, by hand or under the stack.

Platforms are found by folder: `pixee_simulators/<slug>/simulator.py` with `create(**options)`.
"""

import argparse
import asyncio
import importlib
from pathlib import Path
from typing import Any

from pixee_simulators.kit import Simulator
from pixee_simulators.kit.server import run


def platforms() -> list[str]:
    """Slugs of the simulated platforms on disk."""
    return sorted(
        file.parent.name for file in Path(__file__).parent.glob("*/simulator.py") if file.parent.name != "kit"
    )


def create(slug: str, **options: Any) -> Simulator[Any]:
    """The simulator of a platform; options as for `Simulator.__init__`."""
    made: Simulator[Any] = importlib.import_module(f"pixee_simulators.{slug}.simulator").create(**options)
    return made


def main() -> int:
    parser = argparse.ArgumentParser(prog="pixee_simulators", description=__doc__)
    parser.add_argument("slug", choices=platforms())
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port; the ready line names it")
    parser.add_argument("--data", type=Path, default=None, help="folder kept over restarts (default: memory only)")
    parser.add_argument("--clock-scale", type=float, default=1.0, help="simulated seconds per real second")
    parser.add_argument("--log-limit", type=int, default=200_000, help="request log entries kept per shop")
    given = parser.parse_args()
    simulator = create(given.slug, data=given.data, clock_scale=given.clock_scale, log_limit=given.log_limit)
    return asyncio.run(run(simulator, host=given.host, port=given.port))


if __name__ == "__main__":
    raise SystemExit(main())
