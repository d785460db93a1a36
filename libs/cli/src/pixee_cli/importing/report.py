"""The report of an import: every row is accepted or refused, every accepted product has an answer of the catalog."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, model_validator

from pixee_cli.importing.files import Looked
from pixee_cli.importing.ledger import Ledger, Note
from pixee_cli.importing.reading import Reading

FIRST = 20
"""Notes that the report itself carries; a report file has all of them."""


class CatalogAnswer(BaseModel):
    """What became of the products that were accepted. `already`: this very import had brought them before."""

    applied: int = 0
    unchanged: int = 0
    stale: int = 0
    refused: int = 0
    already: int = 0


class Report(BaseModel):
    """`rows = accepted + refused`, always. Counts of warnings and refusals are rows, by code."""

    file: str
    sha256: str
    source: str
    encoding: str
    delimiter: str | None
    columns: dict[str, str]
    unused_columns: list[str]
    rows: int
    accepted: int
    refused: int
    warned: int = Field(description="Accepted rows with at least one warning.")
    products: int
    variants: int
    refusals: dict[str, int]
    warnings: dict[str, int]
    shared_ean_groups: int
    catalog: CatalogAnswer | None = Field(description="Null: nothing was sent.")
    first_notes: list[Note] = Field(description="The first refused rows, and the first that the catalog refused.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.accepted + self.refused != self.rows:
            raise ValueError(f"{self.rows} rows, but {self.accepted} + {self.refused} are accounted for")
        answer = self.catalog
        if answer is not None:
            told = answer.applied + answer.unchanged + answer.stale + answer.refused + answer.already
            if told != self.products:
                raise ValueError(f"{self.products} products were accepted, but the catalog answered for {told}")
        return self


def report_of(
    looked: Looked, source: str, reading: Reading, ledger: Ledger, catalog: CatalogAnswer | None = None
) -> Report:
    """The report of a reading that has come to its end."""
    columns = reading.columns
    return Report(
        file=looked.path.name,
        sha256=looked.sha256,
        source=source,
        encoding=looked.encoding,
        delimiter=reading.delimiter,
        columns=dict(columns.columns) if columns else {},
        unused_columns=list(columns.unused) if columns else [],
        rows=reading.rows,
        accepted=reading.accepted,
        refused=reading.refused,
        warned=ledger.rows("warning"),
        products=reading.products_made,
        variants=reading.variants,
        refusals=ledger.counts("refused"),
        warnings=ledger.counts("warning"),
        shared_ean_groups=reading.shared_groups,
        catalog=catalog,
        first_notes=[*ledger.notes("refused", FIRST), *ledger.notes("catalog", FIRST)],
    )


def write(path: Path, report: Report, ledger: Ledger) -> None:
    """The report as JSON, with `notes`: one object for everything that is to be said of a row."""
    head = json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False)
    with path.open("w", encoding="utf-8") as file:
        file.write(head.removesuffix("\n}") + ',\n  "notes": [')
        for place, note in enumerate(ledger.notes()):
            file.write((",\n    " if place else "\n    ") + json.dumps(asdict(note), ensure_ascii=False))
        file.write("\n  ]\n}\n")
