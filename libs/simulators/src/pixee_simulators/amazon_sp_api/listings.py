"""The listings of one seller, as Amazon stores them: what was accepted last, and what reads show of it by now.

Attributes are kept as compressed JSON: a hundred thousand listings as Python objects would need half a gigabyte.
"""

import heapq
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

Attributes = dict[str, list[dict[str, Any]]]
Key = tuple[str, str]
"""(SKU, marketplace id)."""


@dataclass(slots=True)
class Version:
    """What one accepted submission made of a listing. Shown by reads from `visible_at` on. `gone`: it was deleted."""

    packed: bytes
    product_type: str
    requirements: str
    visible_at: float
    gone: bool = False

    def parsed(self) -> Attributes:
        loaded: Attributes = orjson.loads(self.text())
        return loaded

    def text(self) -> bytes:
        """The attributes as JSON."""
        return zlib.decompress(self.packed)


@dataclass(slots=True)
class Listing:
    """`shown` is what reads see, `queue` what they do not see yet, oldest first. `late_at`: when an issue comes."""

    sku: str
    marketplace: str
    created_at: float
    asin: str
    asin_at: float
    status_at: float
    late_at: float | None = None
    shown: Version | None = None
    queue: list[Version] | None = None

    @property
    def newest(self) -> Version | None:
        return self.queue[-1] if self.queue else self.shown

    def exists(self) -> bool:
        newest = self.newest
        return newest is not None and not newest.gone


@dataclass(slots=True)
class Verdict:
    """What Amazon itself thinks of the last submission of a SKU. `source`: `call` or the feed's id."""

    accepted: bool
    code: str | None
    operation: str
    source: str
    at: float
    submissions: int = 1


@dataclass(slots=True)
class Listings:
    """`revision` moves whenever reads would see something else."""

    by_key: dict[Key, Listing] = field(default_factory=dict)
    verdicts: dict[Key, Verdict] = field(default_factory=dict)
    identified: dict[str, tuple[Key, ...]] = field(default_factory=dict)
    """EAN -> the listings that ever had it: where to look, to be checked against what they have now."""
    revision: int = 0
    _pending: list[tuple[float, Key]] = field(default_factory=list)

    def newest(self, key: Key) -> Version | None:
        """The truth behind a SKU, visible or not; None when there is no listing."""
        listing = self.by_key.get(key)
        version = listing.newest if listing is not None else None
        return None if version is None or version.gone else version

    def store(self, listing: Listing, version: Version, now: float, identifiers: Iterable[str] = ()) -> None:
        """Take a version; it is shown at once or, by `settle`, at its time. Versions are shown in order."""
        listing.queue = listing.queue or []
        if listing.queue:
            version.visible_at = max(version.visible_at, listing.queue[-1].visible_at)
        listing.queue.append(version)
        key = (listing.sku, listing.marketplace)
        self.by_key[key] = listing
        for one in identifiers:
            if key not in self.identified.get(one, ()):
                self.identified[one] = (*self.identified.get(one, ()), key)
        if version.visible_at <= now:
            self._promote(listing, now)
        else:
            heapq.heappush(self._pending, (version.visible_at, key))

    def settle(self, now: float) -> None:
        """Show what has become visible by now."""
        while self._pending and self._pending[0][0] <= now:
            _, key = heapq.heappop(self._pending)
            if (listing := self.by_key.get(key)) is not None:
                self._promote(listing, now)

    def _promote(self, listing: Listing, now: float) -> None:
        queue = listing.queue or []
        while queue and queue[0].visible_at <= now:
            listing.shown = queue.pop(0)
        listing.queue = queue or None
        self.revision += 1
        if not queue and listing.shown is not None and listing.shown.gone:
            del self.by_key[listing.sku, listing.marketplace]

    def judged(self, key: Key, *, code: str | None, operation: str, source: str, now: float) -> None:
        """Note the verdict on a submission; `code` None accepts."""
        before = self.verdicts.get(key)
        count = before.submissions + 1 if before is not None else 1
        self.verdicts[key] = Verdict(code is None, code, operation, source, now, count)

    def visible(self, marketplaces: frozenset[str]) -> Iterator[Listing]:
        for listing in self.by_key.values():
            if listing.shown is not None and not listing.shown.gone and listing.marketplace in marketplaces:
                yield listing

    def restored(self, listing: Listing) -> None:
        """Put back what a snapshot kept."""
        key = (listing.sku, listing.marketplace)
        self.by_key[key] = listing
        for version in listing.queue or ():
            heapq.heappush(self._pending, (version.visible_at, key))


def packed(attributes: Attributes) -> bytes:
    """What a version keeps."""
    return zlib.compress(orjson.dumps(attributes), 1)


def identifiers_of(attributes: Attributes) -> set[str]:
    """EANs and the like."""
    return {str(one["value"]) for one in attributes.get("externally_assigned_product_identifier", ())}


def share_of(sku: str) -> float:
    """A SKU's place between 0 and 1: the same in every run, so that "one percent" is the same one percent."""
    return zlib.crc32(sku.encode()) / 2**32


def asin_of(identifier: str) -> str:
    """A made-up ASIN: B0 and eight characters."""
    number, letters = zlib.crc32(identifier.encode()) * 977 + len(identifier), "0123456789ABCDEFGHJKLMNPQRSTVWXYZ"
    text = ""
    for _ in range(8):
        number, rest = divmod(number, len(letters))
        text += letters[rest]
    return f"B0{text}"
