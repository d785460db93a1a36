"""What an adapter answers: an outcome for every item that it was given, and the remote jobs that are to be asked again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import Listing, PulledProduct


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item is not sent at all: found before any call."""

    reason: ReasonCode
    message: str
    field: str | None = None


Words: TypeAlias = JsonValue | Refusal
"""The answer of `Adapter.mapped`."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know of an item that went through all the same."""

    reason: ReasonCode
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """Ids at the shop learnt with an outcome: of the product (product push only) and of its variants."""

    product: Listing | None = None
    variants: Mapping[VariantId, Listing] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    """External ids that the shop does not have any more: their listings are forgotten. With `transient` and the product's own id the
    item comes again at once, as a create."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item. Everything but `applied` and `accepted` says why."""

    item_id: UUID
    kind: OutcomeKind
    reason: ReasonCode | None = None
    message: str | None = None
    field: str | None = None
    linked: Linked = Linked()
    carried_stock: bool = False
    """A create that also wrote the current quantities of all its variants: no stock push follows. An update never says so, even
    where it brought a new variant with its quantity, nor an upsert that met an object."""
    carried_price: bool = False
    """The same for prices."""
    created: bool = False
    """The object was not there before; needed where a write without a listing may meet another product's object."""
    warnings: tuple[Notice, ...] = ()
    candidates: tuple[str, ...] = ()
    """With `needs_review`: external ids among which a person has to choose."""


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """Work that goes on at the platform: serialisable, so that any worker may poll it."""

    kind: str
    remote_id: str
    item_ids: tuple[UUID, ...]
    correlation: Mapping[str, JsonValue]
    poll_in_seconds: float
    deadline_seconds: float


@dataclass(frozen=True, slots=True)
class Submission:
    """The answer of `Adapter.submit`."""

    outcomes: tuple[Outcome, ...]
    remote_jobs: tuple[RemoteJob, ...] = ()


@dataclass(frozen=True, slots=True)
class PollResult:
    """The answer of `Adapter.poll`. While not done, `poll_in_seconds` says when to ask again."""

    outcomes: tuple[Outcome, ...]
    done: bool
    poll_in_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the shop has for an item that may be ours. Several candidates are never decided by the adapter."""

    linked: Linked
    ours: bool = True
    """False: the object carries another product's key. It is named in `linked` all the same, and a person is asked."""
    candidates: tuple[str, ...] = ()
    """External ids, where more than one object fits."""


Finds: TypeAlias = Mapping[UUID, Found | None]
"""The answer of `Adapter.find`, by item id."""
Cursor: TypeAlias = Mapping[str, JsonValue]
"""Where a pull goes on: the adapter's own JSON."""


@dataclass(frozen=True, slots=True)
class PullPage:
    """One page of a pull; no next cursor ends it. `requested_at` is the platform's clock where it tells it.

    `wait_seconds` above zero: there is no page yet (a report is still being made); it is asked for again after that, with
    `next_cursor` (null: with the same cursor). Nothing is counted, nothing is kept in memory meanwhile.
    """

    products: tuple[PulledProduct, ...]
    next_cursor: Cursor | None
    requested_at: datetime
    wait_seconds: float = 0.0
    total: int | None = None
    """How many products the whole pull brings, where the platform tells: fewer that come are a warning. The last page's counts."""


@dataclass(frozen=True, slots=True)
class TestReport:
    """A connection that works: which shop answers, what it grants, what is still missing.

    `missing_scopes` non-empty means that the test failed for want of permission.
    """

    __test__ = False

    shop_identity: str
    shop_name: str
    currency: str | None
    granted_scopes: tuple[str, ...] = ()
    missing_scopes: tuple[str, ...] = ()
