"""What the invented platform is there to prove: that an adapter is small, and that its folder is all there is of it."""

import ast
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


def _lines_of_code(source: str) -> int:
    """Neither docstrings nor imports, comments and empty lines."""
    tree = ast.parse(source)
    told = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str))
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    rows = enumerate(source.splitlines(), 1)
    return sum(1 for number, row in rows if number not in told and row.strip() and not row.strip().startswith("#"))


def test_docstrings_imports_comments_and_empty_lines_are_not_counted() -> None:
    assert (
        _lines_of_code('"""Why.\n\nMore."""\n\nimport a\nfrom b import (\n    c,\n)\n\n# so\nx = 1\ny = [\n    2,\n]\n')
        == 4
    )


@pytest.mark.parametrize("slug", folders(INVENTED))
def test_its_adapter_has_150_lines_at_most(slug: str) -> None:
    folder = Path(__file__).parent / "invented" / slug
    lines = sum(_lines_of_code((folder / f"{room}.py").read_text()) for room in _ROOMS)
    assert lines <= _MOST_LINES, f"{lines} lines: what every adapter would write again belongs into sync_base"


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
