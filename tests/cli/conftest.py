"""A file from a text, and its products."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cli.files import ReadFile, read

from pixee_cli.importing.options import ImportOptions

ReadText = Callable[..., ReadFile]


@pytest.fixture
def read_text(tmp_path: Path) -> ReadText:
    """`read_text(content, **options)`: bytes or text."""

    def reading(content: str | bytes, **options: object) -> ReadFile:
        path = tmp_path / "catalog"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, ImportOptions(**options))

    return reading
