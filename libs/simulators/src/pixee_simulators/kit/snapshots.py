"""A shop outlives the process: state, counts, limits and log lie in the data folder and are read at the start.

Layout: `<data>/<slug>/clock.json` and per shop `<host>.json` (written to a temporary name, then renamed: whole or not
at all) and `<host>.log.jsonl` (appended). A log line that is newer than its shop's state is ignored when read.
"""

import asyncio
import contextlib
import itertools
import time
from pathlib import Path
from typing import Any

import orjson

from pixee_simulators.kit.counts import Counts
from pixee_simulators.kit.request_log import Entry, RequestLog
from pixee_simulators.kit.shop import Shop
from pixee_simulators.kit.simulator import Simulator

_OPTIONS = orjson.OPT_NON_STR_KEYS
_EVERY_S = 3.0
_SHARE = 20.0
"""A snapshot that took t seconds is followed by at least 20 t of rest, so that large shops stay quick."""


class Snapshots:
    """Writes what changed: `run()` every few seconds until `stop()`, then once more."""

    def __init__(self, simulator: Simulator[Any]) -> None:
        self._simulator = simulator
        self._folder = None if simulator.data is None else simulator.data / simulator.slug
        self._stopping = asyncio.Event()

    def read(self) -> None:
        """Take up what an earlier process left. A damaged file is an error that names it, not an empty shop."""
        if self._folder is None or not self._folder.is_dir():
            return
        clock = self._folder / "clock.json"
        highest = 0
        if clock.exists():
            kept = _load(clock)
            self._simulator.clock.resume(kept)
            highest = int(kept["seq"])
        for file in sorted(self._folder.glob("*.json")):
            if file != clock:
                highest = max(highest, self._read_shop(file))
        self._simulator.sequence = itertools.count(highest + 1)

    def stop(self) -> None:
        """Never cancel `run()`: a write that is half done goes on in its thread."""
        self._stopping.set()

    async def run(self) -> None:
        rest = 0.0
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(_EVERY_S, _SHARE * rest)):
                    await self._stopping.wait()
            started = time.monotonic()
            await self.write()
            rest = time.monotonic() - started

    async def write(self) -> None:
        """One file per changed shop; encoded here, written in a thread."""
        if self._folder is None:
            for shop in self._simulator.shops.values():
                shop.log.take_finished()
            return
        seq = next(self._simulator.sequence)
        for shop in list(self._simulator.shops.values()):
            if shop.dirty:
                shop.dirty = False
                anew, shop.log.fresh = shop.log.fresh, False
                lines = [orjson.dumps(entry.describe()) for entry in shop.log.take_finished()]
                await asyncio.to_thread(_store, self._folder, shop.host, self._encode(shop, seq), lines, anew)
                await asyncio.sleep(0)
        clock = orjson.dumps(self._simulator.clock.describe() | {"seq": seq})
        await asyncio.to_thread(_replace, self._folder / "clock.json", clock)

    def _encode(self, shop: Shop[Any], seq: int) -> bytes:
        kept = {
            "host": shop.host,
            "seq": seq,
            "settings": shop.settings,
            "limits": shop.limits,
            "counts": shop.counts.describe(),
            "state": self._simulator.freeze_state(shop.state),
        }
        return orjson.dumps(kept, option=_OPTIONS)

    def _read_shop(self, file: Path) -> int:
        simulator, kept = self._simulator, _load(file)
        host, settings, seq = str(kept["host"]), kept["settings"], int(kept["seq"])
        simulator.put_shop(host, settings)
        shop = simulator.shops[host]
        shop.limits |= kept["limits"]
        shop.state = simulator.thaw_state(host, settings, kept["state"])
        shop.counts = Counts.recall(kept["counts"])
        simulator.limits_changed(shop)
        shop.log = RequestLog(simulator.log_limit)
        shop.log.restore(_read_log(file.with_name(f"{file.stem}.log.jsonl"), newest=seq))
        shop.dirty = False
        return seq


def _load(file: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = orjson.loads(file.read_bytes())
    except ValueError as error:
        raise RuntimeError(f"{file} is damaged ({error}); delete it to start that shop anew") from error
    return kept


def _read_log(file: Path, *, newest: int) -> list[Entry]:
    """A last line cut by a crash is dropped."""
    entries: list[Entry] = []
    if not file.exists():
        return entries
    for line in file.read_bytes().splitlines():
        with contextlib.suppress(ValueError):
            kept = orjson.loads(line)
            if kept["seq"] <= newest:
                entries.append(Entry.recall(kept))
    return entries


def _store(folder: Path, host: str, shop: bytes, lines: list[bytes], anew: bool) -> None:
    """Log first: a line without its state is ignored, a state without its lines would lie."""
    folder.mkdir(parents=True, exist_ok=True)
    name = host.replace("/", "_").replace(":", "_")
    log = folder / f"{name}.log.jsonl"
    with log.open("wb" if anew else "ab") as file:
        file.writelines(line + b"\n" for line in lines)
    _replace(folder / f"{name}.json", shop)


def _replace(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(file)
