"""Reads small files through the whole import but for its sending."""

from dataclasses import dataclass
from pathlib import Path

from pixee_cli.importing.files import look
from pixee_cli.importing.ledger import Ledger, Note
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.reading import Accepted, Reading
from pixee_cli.importing.report import Report, report_of, write


@dataclass
class ReadFile:
    """What a file gave."""

    accepted: list[Accepted]
    notes: list[Note]
    report: Report

    @property
    def only(self):
        assert len(self.accepted) == 1, self.notes
        return self.accepted[0].product

    def refusal(self) -> Note:
        found = [note for note in self.notes if note.severity == "refused"]
        assert len(found) == 1, self.notes
        return found[0]


def read(path: Path, options: ImportOptions | None = None, report_file: Path | None = None) -> ReadFile:
    wanted = options or ImportOptions()
    looked = look(path, wanted.encoding)
    with Ledger() as ledger:
        reading = Reading(looked, wanted, ledger)
        accepted = list(reading.products())
        report = report_of(looked, "import:test", reading, ledger)
        if report_file:
            write(report_file, report, ledger)
        return ReadFile(accepted, list(ledger.notes()), report)
