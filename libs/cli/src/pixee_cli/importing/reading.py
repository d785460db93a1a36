"""A file becomes a stream of products; every row ends either in one of them or as refused, with the reason in the ledger."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pixee_cli.importing import flat_rows, json_products
from pixee_cli.importing.fields import ColumnMap, map_columns
from pixee_cli.importing.files import Looked, Row, json_rows, open_csv
from pixee_cli.importing.flat_rows import Cells
from pixee_cli.importing.ledger import Ledger, Note
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.problems import MEANING, FileUnusable, RowRefused, Warned
from pixee_common.domain.gtin import gtin_key
from pixee_common.domain.product import Product

LARGEST_PRODUCT = 900_000
"""Bytes of JSON; a Kafka message of ours may have a million."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One product, from the row `number` (the first of its group), made of `rows` rows."""

    product: Product
    number: int
    rows: int


class Reading:
    """One pass over a file. Take `products()` to its end; the counts are right then."""

    def __init__(self, looked: Looked, options: ImportOptions, ledger: Ledger) -> None:
        self._looked = looked
        self._options = options
        self._ledger = ledger
        self._line_columns: dict[tuple[str, ...], ColumnMap] = {}
        self.columns: ColumnMap | None = None
        self.delimiter: str | None = None
        self.rows = self.accepted = self.refused = self.products_made = self.variants = self.shared_groups = 0

    def products(self) -> Iterator[Accepted]:
        """Raises `FileUnusable` when no row of the file could ever be read."""
        with self._looked.path.open(encoding=self._looked.encoding, newline="") as file:
            if self._looked.json_lines:
                if self._options.group:
                    raise FileUnusable("--group is for CSV: a line of JSON carries its own variants")
                yield from self._from_json(json_rows(file))
            else:
                table = open_csv(self._looked, file, self._options.delimiter)
                self.columns = map_columns(table.columns, self._options.wanted)
                self.delimiter = table.delimiter
                if self._options.group and self._options.group not in table.columns:
                    raise FileUnusable(
                        f"--group {self._options.group}: the file has no such column. It has: {', '.join(table.columns)}"
                    )
                yield from self._from_csv(table.rows, self.columns)
        self._share_eans()

    def _from_csv(self, rows: Iterator[Row], columns: ColumnMap) -> Iterator[Accepted]:
        for key, group in itertools.groupby(rows, key=self._group_of):
            taken = [Cells(row, columns) for row in group]
            self.rows += len(taken)
            if (accepted := self._grouped(taken, key)) is not None:
                yield accepted

    def _group_of(self, row: Row) -> str | int:
        """Rows of one group have the same text; a row that stands alone has its own number."""
        if self._options.group is None or row.refusal is not None:
            return row.number
        return str(row.cells[self._options.group]).strip() or row.number

    def _grouped(self, taken: Sequence[Cells], key: str | int) -> Accepted | None:
        group = key if isinstance(key, str) else None
        try:
            broken = next((cells.row.refusal for cells in taken if cells.row.refusal is not None), None)
            if broken is not None:
                raise broken
            for cells in taken:
                self._unused(cells)
            return self._made(flat_rows.product_of(taken, self._options, group), taken)
        except RowRefused as refusal:
            self._refuse(taken, refusal)
            return None

    def _unused(self, cells: Cells) -> None:
        sku = flat_rows.sku_of(cells)
        line = self._ledger.line_of("sku", sku)
        if line is not None:
            raise RowRefused("sku_doubled", f"SKU '{sku}' was used on line {line} already", "sku")

    def _from_json(self, rows: Iterator[Row]) -> Iterator[Accepted]:
        for row in rows:
            self.rows += 1
            cells = Cells(row, ColumnMap({}, ()))
            try:
                if row.refusal is not None:
                    raise row.refusal
                if json_products.is_product(row.cells):
                    product, cells.warned = json_products.product_of(row.cells)
                else:
                    cells.columns = self._columns_of(tuple(row.cells))
                    product = flat_rows.product_of([cells], self._options, None)
                yield self._made(product, [cells])
            except RowRefused as refusal:
                self._refuse([cells], refusal)

    def _columns_of(self, names: tuple[str, ...]) -> ColumnMap:
        if names not in self._line_columns:
            wanted = {field: column for field, column in self._options.wanted.items() if not column or column in names}
            try:
                self._line_columns[names] = map_columns(names, wanted)
            except FileUnusable as error:
                raise RowRefused("sku_missing", str(error), "sku") from None
        return self._line_columns[names]

    def _made(self, product: Product, taken: Sequence[Cells]) -> Accepted:
        """Checks the product against the rows before it and writes it down."""
        first = taken[0].row
        line = self._ledger.line_of("product", product.key)
        if line is not None:
            raise RowRefused(
                "key_doubled", f"a product '{product.key}' began on line {line}: its rows must stand together", "key"
            )
        for variant in product.variants:
            line = self._ledger.line_of("sku", variant.sku)
            if line is not None:
                raise RowRefused("sku_doubled", f"SKU '{variant.sku}' was used on line {line} already", "sku")
        size = len(product.model_dump_json(exclude_none=True))
        if size > LARGEST_PRODUCT:
            raise RowRefused(
                "too_big", f"the product has {size:,} bytes of JSON; at most {LARGEST_PRODUCT:,} can be sent"
            )
        self._write_down(product, taken)
        self.accepted += len(taken)
        self.products_made += 1
        self.variants += len(product.variants)
        return Accepted(product, first.number, len(taken))

    def _write_down(self, product: Product, taken: Sequence[Cells]) -> None:
        first = taken[0].row
        self._ledger.use("product", product.key, first.line)
        self._ledger.sent(first.number, first.line, product.variants[0].sku)
        for place, variant in enumerate(product.variants):
            row = taken[min(place, len(taken) - 1)].row
            self._ledger.use("sku", variant.sku, row.line)
            if variant.ean is not None:
                self._ledger.ean(gtin_key(variant.ean), row.number, row.line, variant.sku, variant.ean)
        for place, cells in enumerate(taken):
            sku = product.variants[min(place, len(product.variants) - 1)].sku
            for warned in sorted(cells.warned):
                self._ledger.note(Note(cells.row.number, cells.row.line, sku, "warning", warned, None, MEANING[warned]))

    def _refuse(self, taken: Sequence[Cells], refusal: RowRefused) -> None:
        """A group is refused as a whole: a product without the variant that failed would lose it in the shops."""
        self.refused += len(taken)
        for cells in taken:
            row = cells.row
            message = (
                refusal.message if len(taken) == 1 else f"{refusal.message} (with its product's {len(taken)} rows)"
            )
            self._ledger.note(
                Note(row.number, row.line, _sku_shown(cells), "refused", refusal.code, refusal.field, message)
            )

    def _share_eans(self) -> None:
        for _, rows in self._ledger.shared_eans():
            self.shared_groups += 1
            for number, line, sku, ean in rows:
                others = ", ".join(str(other) for _, other, other_sku, _ in rows if other_sku != sku)
                message = f"EAN {ean} is also on line {others}: kept"
                self._ledger.note(Note(number, line, sku, "warning", Warned.EAN_SHARED, "ean", message))


def _sku_shown(cells: Cells) -> str | None:
    try:
        return cells.text("sku")[:100] or None
    except RowRefused:
        return None
