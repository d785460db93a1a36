"""`pixee dlq`: messages that nobody could read, kept with their raw bytes. Works on the database, as its owner."""

import base64
from dataclasses import asdict
from typing import Annotated

import typer

from pixee_cli import output
from pixee_cli.dead_letter_store import list_letters, read_letter, replay_letter
from pixee_cli.exits import Exit
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run

app = typer.Typer(help="Dead letters: messages that nobody could read.", no_args_is_help=True)

LetterId = Annotated[int, typer.Argument(metavar="NUMBER")]


@app.command("list")
def list_all(
    replayed: Annotated[bool, typer.Option("--replayed", help="Those too that were replayed.")] = False,
    limit: Annotated[int, typer.Option(min=1)] = 100,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """List dead letters, the newest first."""

    async def work() -> Exit:
        async with Place(data).database() as database:
            found = await list_letters(database, replayed=replayed, limit=limit)
        if as_json:
            output.say_json([asdict(letter) for letter in found])
        elif not found:
            output.say("There are no dead letters.")
        else:
            rows = [(one.id, str(one.first_seen_at)[:19], one.topic, one.reason, one.message) for one in found]
            output.table(None, ("Number", "Since", "Topic", "Reason", "Message"), rows)
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("show")
def show(letter_id: LetterId, data: Data = DATA, as_json: AsJson = False) -> None:
    """Show one with its headers and raw bytes."""

    async def work() -> Exit:
        async with Place(data).database() as database:
            letter = await read_letter(database, letter_id)
        if as_json:
            payload = base64.b64encode(letter.payload).decode()
            output.say_json(asdict(letter.about) | {"headers": letter.headers, "payload_base64": payload})
        else:
            output.pairs(asdict(letter.about) | {f"header {name}": value for name, value in letter.headers.items()})
            output.say()
            output.say(letter.payload.decode("utf-8", "backslashreplace"))
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("replay")
def replay(letter_id: LetterId, data: Data = DATA, as_json: AsJson = False) -> None:
    """Send it to its topic once more, after what was wrong has been mended."""

    async def work() -> Exit:
        async with Place(data).database() as database:
            letter = await replay_letter(database, letter_id)
        if as_json:
            output.say_json({"id": letter.id, "topic": letter.topic, "replayed": True})
        else:
            output.say(f"Dead letter {letter.id} goes to {letter.topic} once more.")
        return Exit.OK

    run(work(), as_json=as_json)
