"""`pixee simulator`: one simulated platform in the foreground, without a stack. Its output is the simulator's own."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from pixee_cli.exits import Exit


def simulator(
    slug: Annotated[str, typer.Argument(help="For example shopify or woocommerce.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one; the ready line names it.")] = 0,
    data: Annotated[Path | None, typer.Option("--data", help="Keep shops here (default: memory only).")] = None,
    clock_scale: Annotated[float, typer.Option(help="Simulated seconds in a second.")] = 1.0,
) -> None:
    """Run one simulated platform by hand, until Ctrl-C. Hold it through /_control/ (docs/simulators.md)."""
    command = [sys.executable, "-m", "pixee_simulators", slug, "--port", str(port), "--clock-scale", str(clock_scale)]
    if data is not None:
        command += ["--data", str(data)]
    try:
        code = subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:  # the simulator heard it too and has written its state
        code = 0
    raise typer.Exit(int({0: Exit.OK, 2: Exit.USAGE}.get(code, Exit.FAILED)))
