"""Categories, brands, tags and global attributes: from our names to the shop's ids, made where they are missing.

Each kind is listed once for a connector and process, then known by name for fifteen minutes; what somebody else made meanwhile answers
`term_exists` with its id. Terms of an attribute need no call: the shop makes them from the option names of a product.

One bad name must not sink a batch: a refusal leaves the name out and puts a notice on the products that wear it.
"""

import re
import zlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar, cast

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce.faults import Step
from pixee_workers.platforms.woocommerce.requests import json_of, read, rows_of, write
from pixee_workers.platforms.woocommerce.verdicts import error_of
from pixee_workers.platforms.woocommerce.wire import (
    ATTRIBUTES,
    BRANDS,
    CATEGORIES,
    PER_PAGE,
    TAGS,
    NamedRow,
    ProductWords,
    text,
)
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Notice

_Name = TypeVar("_Name", bound=Hashable)

_MOST_PAGES = 50
_KEPT = timedelta(minutes=15)
_LONGEST_SLUG = 28
"""Of a global attribute, WordPress' limit on taxonomy names (32) less `pa_`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One taxonomy of the shop."""

    name: str
    path: str
    paged: bool = True
    optional: bool = False
    """Whether older shops lack it (brands came with a later version)."""


CATEGORY = Kind("category", CATEGORIES)
BRAND = Kind("brand", BRANDS, optional=True)
TAG = Kind("tag", TAGS)
ATTRIBUTE = Kind("attribute", ATTRIBUTES, paged=False)


@dataclass(slots=True)
class TermIds:
    """Ids by name for one submission. What is missing has a notice instead."""

    categories: dict[tuple[str, ...], int] = field(default_factory=dict)
    brands: dict[str, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    """(kind, name) to the shop's message."""

    def notices(self, words: ProductWords) -> list[Notice]:
        """What of this product could not be placed."""
        wanted = [
            *(("category", " > ".join(path)) for path in words["categories"]),
            *((("brand", words["brand"]),) if words["brand"] else ()),
            *(("tag", tag) for tag in words["tags"]),
        ]
        return [
            Notice(ReasonCode.MISSING_MAPPING, f"The {kind} '{name}' was left out: {self.refused[kind, name]}", kind)
            for kind, name in wanted
            if (kind, name) in self.refused
        ]


async def resolve(context: CallContext, products: Sequence[ProductWords]) -> TermIds:
    """The ids of every name that these products use.

    Raises:
        PlatformFault: the shop cannot be worked with; nothing of the products has been written.
    """
    ids = TermIds()
    for path in _each(tuple(path) for words in products for path in words["categories"]):
        found = await _category(context, path, ids)
        if found is not None:
            ids.categories[path] = found
    flat = (
        (BRAND, ids.brands, _each(words["brand"] for words in products if words["brand"])),
        (TAG, ids.tags, _each(tag for words in products for tag in words["tags"])),
        (ATTRIBUTE, ids.attributes, _each(option["name"] for words in products for option in words["options"])),
    )
    for kind, into, names in flat:
        for name in names:
            found = await _id_of(context, kind, name, ids)
            if found is not None:
                into[name] = found
    return ids


async def all_rows(context: CallContext, kind: Kind) -> list[NamedRow]:
    """Every row of one kind, at most 5,000.

    Raises:
        PlatformFault: see `faults`.
    """
    rows: list[NamedRow] = []
    for page in range(1, _MOST_PAGES + 1):
        paging: dict[str, str | int] = {"per_page": PER_PAGE, "page": page, "orderby": "id", "order": "asc"}
        parameters = {"_fields": "id,name,parent", **(paging if kind.paged else {})}
        answer = await read(context, kind.path, parameters, label=f"{kind.name} list")
        got = cast("list[NamedRow]", rows_of(answer))
        rows += got
        if not kind.paged or len(got) < PER_PAGE:
            break
    return rows


def _each(names: Iterable[_Name]) -> list[_Name]:
    return list(dict.fromkeys(names))


async def _category(context: CallContext, path: tuple[str, ...], ids: TermIds) -> int | None:
    parent = 0
    for name in path:
        found = await _id_of(context, CATEGORY, name, ids, parent=parent, called=" > ".join(path))
        if found is None:
            return None
        parent = found
    return parent


def _memory_key(kind: Kind, name: str, parent: int) -> str:
    return f"{kind.name}:{parent}:{' '.join(name.split()).casefold()}"


async def _id_of(
    context: CallContext, kind: Kind, name: str, ids: TermIds, *, parent: int = 0, called: str | None = None
) -> int | None:
    """From memory, else from the list, else made. `called`: how notices name it."""
    _forget_old(context, kind)
    key = _memory_key(kind, name, parent)
    if key in context.memory:
        return cast("int", context.memory[key])
    try:
        if f"{kind.name}:listed" not in context.memory:
            for row in await all_rows(context, kind):
                context.memory.setdefault(_memory_key(kind, text(row["name"]), row.get("parent") or 0), row["id"])
            context.memory[f"{kind.name}:listed"] = context.now()
        if key not in context.memory:
            context.memory[key] = await _made(context, kind, name, parent)
    except PlatformFault as fault:
        missing = kind.optional and fault.reason is ReasonCode.SHOP_GONE
        if fault.kind is not FaultKind.REFUSED and not missing:
            raise
        ids.refused[kind.name, called or name] = "this shop has no brands." if missing else fault.message
        return None
    return cast("int", context.memory[key])


def _forget_old(context: CallContext, kind: Kind) -> None:
    """Drop what was learnt long ago: an id that was removed at the shop would be ignored there without a word."""
    listed_at = context.memory.get(f"{kind.name}:listed")
    if listed_at is not None and context.now() - listed_at > _KEPT:
        for key in [key for key in context.memory if key.startswith(f"{kind.name}:")]:
            del context.memory[key]


async def _made(context: CallContext, kind: Kind, name: str, parent: int) -> int:
    body: dict[str, str | int] = {"name": name}
    if kind is CATEGORY and parent:
        body["parent"] = parent
    if kind is ATTRIBUTE:
        body |= {"slug": attribute_slug(name), "type": "select"}
    # Safe: a name is unique in its place, so a repetition answers `term_exists`.
    answer = await write(context, kind.path, body, label=f"{kind.name} create", safe=True)
    error = error_of(answer)
    if error is not None and error.step is Step.TERM_KNOWN and error.resource_id is not None:
        return error.resource_id
    return int(json_of(answer)["id"])


def attribute_slug(name: str) -> str:
    """A slug that WordPress takes: at most 28 bytes of ASCII, stable, different for different names."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    if plain and name.isascii() and len(plain) <= _LONGEST_SLUG:
        return plain
    return f"{plain[: _LONGEST_SLUG - 9]}-{zlib.crc32(name.casefold().encode()):08x}".lstrip("-")
