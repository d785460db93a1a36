"""The file itself: its hash, its encoding and its rows with line numbers, read as a stream."""

import codecs
import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from pixee_cli.importing.problems import FileUnusable, RowRefused

_BLOCK = 1 << 20
_LONGEST_CELL = 10_000_000
_DELIMITERS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` counts rows from 1, `line` is where it begins in the file. `refusal`: it cannot even be read."""

    number: int
    line: int
    cells: Mapping[str, Any] = field(default_factory=dict)
    refusal: RowRefused | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look through the whole file tells."""

    path: Path
    sha256: str
    size: int
    encoding: str
    json_lines: bool


def look(path: Path, encoding: str | None = None) -> Looked:
    """Reads the file once. Text is UTF-8, or UTF-16 with a byte order mark, else Windows-1252, else Latin-1.

    Raises:
        FileUnusable: it is not there, is empty, or is not in the encoding that was asked for.
    """
    digest, size, first = hashlib.sha256(), 0, b""
    tried = [encoding] if encoding else ["utf-8", "cp1252"]
    decoders = {name: _decoder(name) for name in tried}
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                first = first or block[:4096]
                digest.update(block)
                size += len(block)
                _feed(decoders, block)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {error.strerror}") from None
    _feed(decoders, b"", final=True)
    if not first.strip():
        raise FileUnusable(f"{path} is empty")
    marked = next((name for bom, name in _BOMS if first.startswith(bom)), None)
    if encoding and encoding not in decoders:
        raise FileUnusable(f"{path} is not in the encoding {encoding}: leave --encoding out, or name the right one")
    chosen = encoding or marked or next((name for name in tried if name in decoders), "latin-1")
    start = first.decode(chosen, "replace").lstrip("\ufeff \t\r\n")
    return Looked(path, digest.hexdigest(), size, chosen, start.startswith("{"))


def _decoder(name: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(name)()
    except LookupError:
        raise FileUnusable(f"there is no encoding '{name}'") from None


def _feed(decoders: dict[str, codecs.IncrementalDecoder], block: bytes, *, final: bool = False) -> None:
    """Takes out those that cannot read the block."""
    for name, decoder in list(decoders.items()):
        try:
            decoder.decode(block, final)
        except UnicodeError:
            del decoders[name]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file that was opened: its columns, and its rows as a stream."""

    columns: tuple[str, ...]
    delimiter: str
    rows: Iterator[Row]


def open_csv(looked: Looked, file: TextIO, delimiter: str | None = None) -> Table:
    """Reads the header. `file` was opened with `newline=""` in `looked.encoding`.

    Raises:
        FileUnusable: no header, or two columns of the same name.
    """
    csv.field_size_limit(_LONGEST_CELL)
    first = file.readline()
    while first and not first.strip("\ufeff\r\n\t ,;|"):
        first = file.readline()
    delimiter = delimiter or _sniffed(first)
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter)
    try:
        header = next((cells for cells in reader if any(cell.strip("\ufeff ") for cell in cells)), None)
    except csv.Error as error:
        raise FileUnusable(f"{looked.path}, line {reader.line_num}: {error}") from None
    if header is None:
        raise FileUnusable(f"{looked.path} has no header: its first line must name the columns")
    columns = tuple(name.strip("\ufeff ") for name in header)
    while columns and not columns[-1]:
        columns = columns[:-1]
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise FileUnusable(f"{looked.path} names a column twice: {', '.join(map(repr, doubled))}")
    return Table(columns, delimiter, _csv_rows(reader, columns))


def _sniffed(header: str) -> str:
    """The delimiter that parts the header into the most columns."""
    counts = {one: len(next(csv.reader([header], delimiter=one), [])) for one in _DELIMITERS}
    return max(counts, key=lambda one: (counts[one], -_DELIMITERS.index(one)))


def _csv_rows(reader: Any, columns: tuple[str, ...]) -> Iterator[Row]:
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, line, refusal=RowRefused("row_unreadable", f"the row cannot be read: {error}"))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        number += 1
        if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
            why = f"the row has {len(cells)} cells, the header names {len(columns)} columns: is a quote or a delimiter missing?"
            yield Row(number, line, refusal=RowRefused("row_misshapen", why))
            continue
        yield Row(number, line, dict(zip(columns, cells, strict=False)))


def json_rows(file: TextIO) -> Iterator[Row]:
    """One JSON object a line. Decimals stay exact."""
    number = 0
    for line, text in enumerate(file, start=1):
        stripped = text.strip("\ufeff \t\r\n")
        if not stripped:
            continue
        number += 1
        try:
            found = json.loads(stripped, parse_float=Decimal, parse_constant=_no_number)
        except ValueError as error:
            yield Row(number, line, refusal=RowRefused("row_unreadable", f"this is no JSON: {error}"))
            continue
        if not isinstance(found, dict):
            yield Row(number, line, refusal=RowRefused("row_misshapen", "the line must be a JSON object"))
            continue
        yield Row(number, line, found)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
