"""The whole way of an import: look at the file, send its products, wait for the catalog, report."""

from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as RichProgress

from pixee_cli import output
from pixee_cli.importing.files import look
from pixee_cli.importing.ledger import Ledger, Note
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.reading import Reading
from pixee_cli.importing.report import CatalogAnswer, Report, report_of, write
from pixee_cli.importing.sending import Source, refusals, send, statuses, wait_taken
from pixee_common.db import Database
from pixee_common.domain.ids import new_id


class Progress:
    """Two bars: products read and sent, products that the catalog answered for."""

    def __init__(self, *, silent: bool = False) -> None:
        self._bars = RichProgress(
            TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
            console=output.console, disable=silent or not output.console.is_terminal, transient=True,
        )  # fmt: skip
        self._sent = self._bars.add_task("sent", total=None)
        self._taken = self._bars.add_task("in the catalog", total=None, visible=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def sent(self, products: int) -> None:
        self._bars.update(self._sent, completed=products)

    def expect(self, products: int) -> None:
        self._bars.update(self._sent, total=products, completed=products)
        self._bars.update(self._taken, total=products, visible=True)

    def taken(self, products: int) -> None:
        self._bars.update(self._taken, completed=products)


def check(file: Path, options: ImportOptions, progress: Progress, report_file: Path | None = None) -> Report:
    """Reads and reports, sends nothing."""
    looked = look(file, options.encoding)
    with Ledger() as ledger:
        reading = Reading(looked, options, ledger)
        for count, _ in enumerate(reading.products(), start=1):
            progress.sent(count)
        report = report_of(looked, f"import:{options.identity(looked.sha256)}", reading, ledger)
        if report_file is not None:
            write(report_file, report, ledger)
    return report


async def import_file(
    database: Database,
    account_id: UUID,
    file: Path,
    options: ImportOptions,
    *,
    progress: Progress,
    report_file: Path | None = None,
    again: bool = False,
) -> Report:
    """Returns when the catalog has answered for every product.

    `again` makes it a source of its own, so that it overwrites what came after the same file's first import.

    Raises:
        FileUnusable: nothing of the file can be imported.
        CatalogSilent: the catalog stopped answering.
    """
    looked = look(file, options.encoding)
    name = f"import:{options.identity(looked.sha256)}" + (f":{new_id()}" if again else "")
    source = Source(account_id, name)
    with Ledger() as ledger:
        reading = Reading(looked, options, ledger)
        before = await statuses(database, source)
        sent = await send(database, source, reading.products(), progress.sent)
        progress.expect(sent.now + sent.already)
        await wait_taken(database, source, sent.now + sent.already, progress.taken)
        after = await statuses(database, source)
        answer = await _answer(database, source, ledger, sent.already, before, after)
        report = report_of(looked, name, reading, ledger, answer)
        if report_file is not None:
            write(report_file, report, ledger)
    return report


async def _answer(
    database: Database, source: Source, ledger: Ledger, already: int, before: dict[str, int], after: dict[str, int]
) -> CatalogAnswer:
    for refusal in await refusals(database, source):
        line, sku = ledger.place(refusal.number)
        reason = refusal.reason or "no reason given"
        message = f"the catalog says {refusal.status}: {reason}"
        ledger.note(Note(refusal.number, line, sku, "catalog", refusal.status, None, message))
    new = {
        status: after.get(status, 0) - before.get(status, 0) for status in ("applied", "unchanged", "stale", "refused")
    }
    return CatalogAnswer(**new, already=already)
