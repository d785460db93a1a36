"""What an import remembers of the rows behind it: used SKUs and EANs, and a note for every row that has something to say.

It lives in a temporary SQLite file that grows on disk, so a million rows need no more memory than a thousand.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

Severity = Literal["refused", "warning", "catalog"]

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE used (kind TEXT, value TEXT, line INTEGER, PRIMARY KEY (kind, value)) WITHOUT ROWID;
CREATE TABLE eans (key TEXT, number INTEGER, line INTEGER, sku TEXT, ean TEXT);
CREATE TABLE sent (number INTEGER PRIMARY KEY, line INTEGER, sku TEXT);
CREATE TABLE notes (number INTEGER, line INTEGER, sku TEXT, severity TEXT, code TEXT, field TEXT, message TEXT);
"""


@dataclass(frozen=True, slots=True)
class Note:
    """Something about one row: `refused` (not imported), `warning` (imported), `catalog` (what the catalog said to it)."""

    row: int
    line: int
    sku: str | None
    severity: Severity
    code: str
    field: str | None
    message: str


class Ledger:
    """One import's memory. A context manager: the file is gone afterwards."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # no name: a temporary file that SQLite removes itself
        self._db.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._db.close()

    def line_of(self, kind: Literal["product", "sku"], value: str) -> int | None:
        """The line on which this key was used already."""
        found = self._db.execute("SELECT line FROM used WHERE kind = ? AND value = ?", (kind, value)).fetchone()
        return None if found is None else int(found[0])

    def use(self, kind: Literal["product", "sku"], value: str, line: int) -> None:
        self._db.execute("INSERT OR IGNORE INTO used VALUES (?, ?, ?)", (kind, value, line))

    def ean(self, key: str, number: int, line: int, sku: str, ean: str) -> None:
        self._db.execute("INSERT INTO eans VALUES (?, ?, ?, ?, ?)", (key, number, line, sku, ean))

    def sent(self, number: int, line: int, sku: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO sent VALUES (?, ?, ?)", (number, line, sku))

    def place(self, number: int) -> tuple[int, str | None]:
        """(line, SKU) of a row that was accepted."""
        found = self._db.execute("SELECT line, sku FROM sent WHERE number = ?", (number,)).fetchone()
        return (0, None) if found is None else (int(found[0]), str(found[1]))

    def note(self, note: Note) -> None:
        self._db.execute(
            "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?)",
            (note.row, note.line, note.sku, note.severity, note.code, note.field, note.message),
        )

    def shared_eans(self) -> Iterator[tuple[str, list[tuple[int, int, str, str]]]]:
        """(EAN without leading zeros, its rows as (number, line, SKU, EAN as given)) for every EAN of several rows."""
        keys = self._db.execute("SELECT key FROM eans GROUP BY key HAVING count(*) > 1 ORDER BY min(number)").fetchall()
        for (key,) in keys:
            rows = self._db.execute("SELECT number, line, sku, ean FROM eans WHERE key = ? ORDER BY number", (key,))
            yield str(key), [(int(n), int(line), str(sku), str(ean)) for n, line, sku, ean in rows]

    def counts(self, severity: Severity) -> dict[str, int]:
        """Code → number of rows, the most frequent first."""
        found = self._db.execute(
            "SELECT code, count(DISTINCT number) AS n FROM notes WHERE severity = ? GROUP BY code ORDER BY n DESC, code",
            (severity,),
        )
        return {str(code): int(count) for code, count in found}

    def rows(self, severity: Severity) -> int:
        """How many rows have such a note."""
        query = "SELECT count(DISTINCT number) FROM notes WHERE severity = ?"
        return int(self._db.execute(query, (severity,)).fetchone()[0])

    def notes(self, severity: Severity | None = None, limit: int = -1) -> Iterator[Note]:
        """In the order of the file."""
        found = self._db.execute(
            "SELECT * FROM notes WHERE ? IS NULL OR severity = ? ORDER BY number, severity, code LIMIT ?",
            (severity, severity, limit),
        )
        for row in found:
            yield Note(*row)
