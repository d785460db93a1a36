"""What an adapter adds to the contract where its platform takes files of many items (feeds, imports, bulk operations).

The engine gathers chunks of one connector and operation, across jobs, into one file: it asks for each item's record, writes the
records between the frame's head and tail to a temporary file, up to the capability's items and bytes, and hands the file over.
What was sent is remembered in rows before and right after the call, so any worker may ask for the result. An item is known in
the file by its `ref`, a number from 1 that is unique within the file; verdicts come back by it.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings, HttpRequest
from pixee_workers.sync_base.items import Mapped, PushItem
from pixee_workers.sync_base.outcomes import Linked, Notice, Outcome


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the records of a file, in bytes."""

    head: bytes
    separator: bytes
    tail: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A finished file on this worker's disk. `key` is the same for every repetition of this upload."""

    path: Path
    size: int
    records: int
    key: UUID
    content_type: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What the platform calls the file that it took. `correlation` is the adapter's own: JSON, small, no secret."""

    kind: str
    remote_id: str
    correlation: Mapping[str, JsonValue]
    poll_in_seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the platform says of one record. `accepted` where a later look has to confirm it."""

    kind: OutcomeKind
    reason: ReasonCode | None = None
    message: str | None = None
    where: str | None = None
    """The field that it is about."""
    warnings: tuple[Notice, ...] = ()
    linked: Linked = field(default_factory=Linked)
    created: bool = False
    carried_stock: bool = False
    """The record also wrote the quantities as they were when the file was made."""
    carried_price: bool = False
    """The record also wrote the prices as they were when the file was made."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How items that stay `accepted` are asked for after the file's own result: as a remote job of each chunk.

    Its correlation holds `{"refs": {item id: SKU}}`; `Adapter.poll` is called with it.
    """

    kind: str
    poll_in_seconds: float
    deadline_seconds: float


@dataclass(frozen=True, slots=True)
class Collected:
    """What is known of a file now. While not done, only `poll_in_seconds` counts.

    `named` holds verdicts by SKU, where the platform's result names what it took by nothing else: for records that `verdicts` does
    not name, by the item's own SKU. `unmentioned` holds for all that neither names: what that means is the platform's.
    """

    done: bool
    poll_in_seconds: float = 30.0
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    unmentioned: Verdict = Verdict(
        OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, "The platform's result does not speak of it."
    )
    follow_up: FollowUp | None = None
    named: Mapping[str, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A downloaded file, gone when its context ends. Headers have lower-case names; compression of the transfer is undone."""

    path: Path
    size: int
    headers: Mapping[str, str]


class FileContext(CallContext, Protocol):
    """The call context of an upload: everything of `CallContext`, and files in both directions."""

    async def send_file(self, request: HttpRequest, file: UploadFile) -> HttpAnswer:
        """`call` with the file as the body, streamed from disk. To a presigned URL no credential goes along unless the request has it."""
        ...

    def download(
        self, url: str, *, label: str, spend: Mapping[str, float], span: range | None = None
    ) -> AbstractAsyncContextManager[Downloaded]:
        """Stream a result or report to a temporary file, without credentials, from a host that the manifest's `file_hosts` allow.

        `span`: only these bytes are asked for. Where the answer has no `content-range`, the platform sent the whole file.
        """
        ...


@runtime_checkable
class Uploader(Protocol):
    """An adapter whose capabilities name an `upload` is one of these too."""

    def frame(self, operation: Operation, settings: ConnectorSettings) -> Frame:
        """What stands around the records. Pure."""
        ...

    def record(self, operation: Operation, item: Mapped[PushItem], ref: int, settings: ConnectorSettings) -> bytes:
        """The item as the file carries it. Pure; several lines or elements where the platform wants them."""
        ...

    async def upload(self, operation: Operation, file: UploadFile, context: FileContext) -> Uploaded:
        """Hand the file over.

        Raises:
            PlatformFault: as for `Adapter.submit`; `ambiguous` when it is not known whether the platform took the file.
        """
        ...

    async def collect(self, operation: Operation, uploaded: Uploaded, context: FileContext) -> Collected:
        """Ask how far it is, and read the result when there is one. Must work in a process that never saw the upload.

        Raises:
            PlatformFault: `refused`: the platform does not know the file (any more), so all that is open becomes `unknown`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Completed:
    """Items ready to be written, and the outcomes of those that shall not be."""

    items: tuple[Mapped[PushItem], ...]
    outcomes: tuple[Outcome, ...] = ()


@runtime_checkable
class Completer(Protocol):
    """An uploader whose records need more than the item itself: what the shop has now, or rules that only the shop knows.

    `mapped` and `record` are pure; this is the place between them where the shop is asked, for as many items at a time as the
    engine likes. It may be repeated at will: it writes nothing but what a record cannot do and once more does not change (a
    withdrawal, where files hold none). Outcomes are final for the file: such items get no record.
    """

    async def completed(
        self, operation: Operation, items: Sequence[Mapped[PushItem]], context: FileContext
    ) -> Completed:
        """The items with whatever their records need in `values`; hashes stay those of what `mapped` said."""
        ...

    def kept(self, operation: Operation, item: Mapped[PushItem]) -> Mapping[str, JsonValue]:
        """What a follow-up must know of the item (variants by SKU): small, JSON. Pure.

        The engine keeps it beside the item and gives it to `Adapter.poll` as `correlation["kept"][item id]`.
        """
        ...
