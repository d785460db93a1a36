"""`pixee up`: the whole system on this machine, kept running until Ctrl-C."""

from typing import Annotated

import typer

from pixee_cli import output
from pixee_cli.exits import Exit
from pixee_cli.running import DATA, AsJson, Data, run
from pixee_devstack.service_env import SIMULATED_HOSTS
from pixee_devstack.stack import Stack


def up(
    data: Data = DATA,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", help="Without the services' lines; they are in the logs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start PostgreSQL, Kafka, the services and the simulators; stop all with Ctrl-C. Data stays in the folder."""

    async def work() -> Exit:
        sink = None if quiet or as_json else output.errors.out
        stack = Stack(data, workers=workers, simulators=tuple(SIMULATED_HOSTS), sink=sink)
        await stack.start()
        try:
            _say_ready(stack, as_json=as_json)
            ended = await stack.wait()
            if ended is not None:
                output.complain(
                    f"{ended.name} ended by itself (exit code {ended.exit_code}). Its log: {ended.log_path}"
                )
                return Exit.FAILED
            output.complain("Stopping. The data stays in the folder.")
            return Exit.OK
        finally:
            await stack.stop()

    run(work(), as_json=as_json)


def _say_ready(stack: Stack, *, as_json: bool) -> None:
    urls = {"gateway": stack.gateway_urls, "simulators": stack.simulator_urls, "data": str(stack.data_dir)}
    if as_json:
        output.say_json({"ready": True, **urls})
        return
    output.say()
    output.say("Ready.")
    output.pairs(
        {
            "Gateway": f"{stack.gateway_urls[0]}/api/v1/ (docs: {stack.gateway_urls[0]}/docs)",
            **{f"Simulated {slug}": url for slug, url in stack.simulator_urls.items()},
            "Data and logs": stack.data_dir,
            "Next": "in another terminal: pixee accounts create <name>",
            "Stop": "Ctrl-C",
        }
    )
