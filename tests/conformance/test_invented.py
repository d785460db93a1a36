"""What the invented platforms are there to prove: that an adapter is small, and that its folder is all there is of it."""

import importlib
from pathlib import Path

import pytest
from conformance.opening import INVENTED, manifest_of, products

from pixee_common.platforms.catalogue import catalogue
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.adapters_found import folders

_ROOT = Path(__file__).parents[2]
_ROOMS = ("__init__", "manifest", "wire", "mapping", "adapter")
_MOST_LINES = 150


@pytest.mark.parametrize("slug", folders(INVENTED))
def test_its_adapter_has_150_lines_at_most_and_each_of_them_counts(slug: str) -> None:
    folder = Path(__file__).parent / "invented" / slug
    lines = {room: len((folder / f"{room}.py").read_text().splitlines()) for room in _ROOMS}
    beside = {path.stem for path in folder.rglob("*.py")} - {*_ROOMS, "simulator", "conformance"}
    assert not beside, "a room that nobody counts"
    assert min(lines.values()) > 5, "a room that stands empty: what are the others?"
    assert sum(lines.values()) <= _MOST_LINES, f"{lines}: what every adapter would write again belongs into sync_base"


@pytest.mark.parametrize("slug", folders(INVENTED))
def test_it_has_all_that_the_contract_asks_for(slug: str) -> None:
    adapter = importlib.import_module(f"{INVENTED}.{slug}").create()
    assert adapter.manifest is manifest_of(slug)
    for name in (name for name in vars(Adapter) if not name.startswith("_")):
        assert hasattr(adapter, name), f"no {name}"


@pytest.mark.parametrize("slug", folders(INVENTED))
def test_nobody_outside_the_tests_knows_it(slug: str) -> None:
    assert slug not in products()
    assert slug not in {manifest.slug for manifest in catalogue().values()}
    told = [
        path
        for folder in ("services", "libs", "deploy", "docs")
        for path in (_ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".json", ".md", ".yaml", ".yml"} and slug in path.read_text()
    ]
    assert told == [], "an invented platform is no product"
