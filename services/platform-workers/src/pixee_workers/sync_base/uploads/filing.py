"""The file on disk: records between head and tail, never more than one file of the platform may hold, gone when its context ends.

A chunk goes whole or not at all, so a place in the file can be returned to; only a file that would be empty takes a part.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from pixee_workers.sync_base.upload_contract import Frame, UploadFile
from pixee_workers.sync_base.worker_files import prefix


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file has grown."""

    size: int
    records: int
    weight: int = 0


class FileInMaking:
    """`fits` and `put` records, go `back` to a mark, `finish`."""

    def __init__(
        self, target: IO[bytes], frame: Frame, *, most_records: int, most_bytes: int, most_weight: int | None = None
    ) -> None:
        self._target = target
        self._frame = frame
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._most_weight = most_weight
        self._weight = 0
        self.records = 0
        self._size = target.write(frame.head)

    @property
    def mark(self) -> Mark:
        """The present end."""
        return Mark(self._size, self.records, self._weight)

    @property
    def is_full(self) -> bool:
        """Not even the smallest record fits any more."""
        return self.records >= self._most_records or not self.fits(b"")

    def could_hold(self, record: bytes) -> bool:
        """Whether an empty file would have room for it."""
        return len(self._frame.head) + len(record) + len(self._frame.tail) <= self._most_bytes

    def fits(self, record: bytes, weight: int = 1) -> bool:
        """Whether there is room for one more record of this size and weight."""
        if self._most_weight is not None and self.records and self._weight + weight > self._most_weight:
            return False
        separator = len(self._frame.separator) if self.records else 0
        size = self._size + separator + len(record) + len(self._frame.tail)
        return self.records < self._most_records and size <= self._most_bytes

    def put(self, record: bytes, weight: int = 1) -> None:
        """Append it."""
        if self.records:
            self._size += self._target.write(self._frame.separator)
        self._size += self._target.write(record)
        self.records += 1
        self._weight += weight

    def back(self, mark: Mark) -> None:
        """Take back everything behind the mark."""
        self._target.seek(mark.size)
        self._target.truncate()
        self._size, self.records, self._weight = mark.size, mark.records, mark.weight

    def finish(self, key: UUID) -> UploadFile:
        """The file as the adapter gets it."""
        self._size += self._target.write(self._frame.tail)
        self._target.flush()
        return UploadFile(Path(self._target.name), self._size, self.records, key, self._frame.content_type)


@contextmanager
def making(
    folder: Path, frame: Frame, *, most_records: int, most_bytes: int, most_weight: int | None = None
) -> Iterator[FileInMaking]:
    """A file for as long as the context lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(prefix=prefix(), dir=folder) as target:
        yield FileInMaking(target, frame, most_records=most_records, most_bytes=most_bytes, most_weight=most_weight)
