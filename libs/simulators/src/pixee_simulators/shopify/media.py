"""Images of products: fetched in the background, reused by id, doubled when the source is sent again."""

from typing import Any
from urllib.parse import urlsplit

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import number_of
from pixee_simulators.shopify.records import Media, UserError

Given = dict[str, Any]


def status(media: Media, now: float) -> str:
    """PROCESSING, READY or FAILED, as of `now`."""
    if now < media.ready_at:
        return "PROCESSING"
    return "FAILED" if media.fails else "READY"


def errors_in(context: Context, files: list[Given], at: list[str]) -> list[UserError]:
    """What is wrong with the `files` of a productSet."""
    found = []
    for index, given in enumerate(files):
        path = [*at, str(index)]
        if given.get("id") is not None:
            if _number(given) not in context.store.media:
                found.append(UserError("NOT_FOUND", [*path, "id"], "File does not exist"))
        elif not _is_url(given.get("originalSource")):
            found.append(UserError("INVALID_INPUT", [*path, "originalSource"], "Image URL is invalid"))
        elif given.get("duplicateResolutionMode") == "RAISE_ERROR" and _named(context, given) is not None:
            found.append(UserError("INVALID_INPUT", [*path, "filename"], "A file with this name exists already"))
    return found


def attach(context: Context, files: list[Given]) -> dict[str, int]:
    """Media ids by the key of each entry, in order; new sources begin to be fetched now."""
    attached: dict[str, int] = {}
    for given in files:
        number = _number(given)
        media = (
            context.store.media[number] if number is not None else (_replaced(context, given) or _new(context, given))
        )
        if given.get("alt") is not None:
            media.alt = given["alt"]
        attached[key(given)] = media.id
    return attached


def key(given: Given) -> str:
    """Same key, same file: how a variant's `file` is found among the product's `files`."""
    return str(given.get("id") or given.get("originalSource"))


def _new(context: Context, given: Given) -> Media:
    source = str(given["originalSource"])
    media = Media(
        id=context.store.new_id(),
        source=source,
        alt=given.get("alt"),
        content_type=given.get("contentType") or "IMAGE",
        filename=_filename(given),
        created_at=context.second,
        ready_at=context.now + float(context.limits["media_s"]),
        fails=any(part in source for part in context.settings.get("failing_media", ())),
    )
    context.store.media[media.id] = media
    return media


def _replaced(context: Context, given: Given) -> Media | None:
    there = _named(context, given) if given.get("duplicateResolutionMode") == "REPLACE" else None
    if there is not None:
        there.source, there.ready_at = str(given["originalSource"]), context.now + float(context.limits["media_s"])
    return there


def _named(context: Context, given: Given) -> Media | None:
    name = _filename(given)
    return next((media for media in context.store.media.values() if media.filename == name), None)


def _filename(given: Given) -> str | None:
    return given.get("filename") or urlsplit(str(given.get("originalSource"))).path.rsplit("/", 1)[-1] or None


def _number(given: Given) -> int | None:
    return number_of(given["id"], "MediaImage") if given.get("id") is not None else None


def _is_url(source: str | None) -> bool:
    if source is None:
        return False
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in source
