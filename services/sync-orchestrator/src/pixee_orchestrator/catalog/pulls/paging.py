"""Whether the pages of a pull get on. Pure: a page is judged by what it brought and by the note of the page before it.

A shop that is read while people work in it may give an object twice, and a page of nothing but objects that changed meanwhile is
normal where a platform sorts by change. What is not normal never ends: the same cursor again, page after page without anything new,
page after page with nothing at all. Such a pull fails and says so; it does not go round until its deadline.

How many objects there are in all only some platforms tell (`PullPage.total`; the last word counts). Fewer that came are a warning,
and the next incremental pull reads from the same moment as this one. More are none: what was removed meanwhile had come before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from typing import Any

import orjson

__all__ = ["EMPTY_PAGES", "IDLE_PAGES", "Brought", "PageNote", "digest", "fault_of", "noted", "warning_of"]

IDLE_PAGES = 3
"""So many pages in a row may bring nothing but what had come already, unchanged: the last of them ends the pull."""
EMPTY_PAGES = 200
"""So many pages in a row may bring nothing at all: windows that are halved, and products that the adapter leaves out, do that."""

_OF_PASSING = frozenset({"images"})
"""Addresses of pictures are often signed anew for every answer."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What one page brought: objects in order (external id, digest), how many were new, and how many came again changed."""

    objects: Sequence[tuple[str, bytes]]
    new: int
    changed: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class PageNote:
    """Kept with the page's chunk. `idle`, `empty`: pages in a row, this one included; `new`, `again`, `changed`: objects of the pull
    up to and with this page.
    """

    fingerprint: str
    first: str | None
    last: str | None
    products: int
    total: int | None = None
    idle: int = 0
    empty: int = 0
    new: int = 0
    again: int = 0
    changed: int = 0

    @classmethod
    def read(cls, kept: Mapping[str, Any] | None) -> "PageNote | None":
        """The note as it was kept; none where the chunk has none (yet)."""
        if kept is None or "fingerprint" not in kept:
            return None
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def digest(product: Mapping[str, Any]) -> bytes:
    """16 bytes over a staged product, by which a later page's is known as the same or changed."""
    told = {name: value for name, value in product.items() if name not in _OF_PASSING}
    return blake2b(orjson.dumps(told, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def noted(brought: Brought, before: PageNote | None) -> PageNote:
    """The note of a page, given that of the page before."""
    count = len(brought.objects)
    nothing_new = count > 0 and brought.new == 0 and brought.changed == 0
    old = before or PageNote("", None, None, 0)
    whole = blake2b(b"".join(one for _, one in brought.objects), digest_size=16).hexdigest()
    return PageNote(
        fingerprint=whole,
        first=brought.objects[0][0] if count else None,
        last=brought.objects[-1][0] if count else None,
        products=count,
        total=brought.total if brought.total is not None else old.total,
        idle=old.idle + 1 if nothing_new else 0,
        empty=old.empty + 1 if count == 0 else 0,
        new=old.new + brought.new,
        again=old.again + count - brought.new,
        changed=old.changed + brought.changed,
    )


def fault_of(note: PageNote, *, cursor_repeats: bool) -> str | None:
    """Why the pull must not go on to the next page, for a merchant; null when it may."""
    if cursor_repeats:
        return "The shop sent us back to a page of its products that had been read already; reading on would never end."
    if note.idle >= IDLE_PAGES:
        return f"The last {note.idle} pages of the shop brought only products that had come already, from {note.first} to {note.last}."
    if note.empty >= EMPTY_PAGES:
        return f"The last {note.empty} pages of the shop brought no product at all, and there was always one more."
    return None


def warning_of(note: PageNote, *, ended: bool) -> tuple[str | None, bool]:
    """(what the job says of its pages, whether products are missing). `ended`: there is no further page."""
    told = []
    if note.again:
        text = f"The shop gave {note.again} products a second time; each was counted once."
        if note.changed:
            text += f" {note.changed} of them had changed in between; the next pull brings that."
        told.append(text)
    short = ended and note.total is not None and note.new < note.total
    if short:
        told.append(
            f"The shop says that there are {note.total} products to read, and only {note.new} came; the next pull reads them again."
        )
    return " ".join(told) or None, short
