"""Texts from cells: plain ones lose entities, control characters and needless spaces; HTML stays HTML."""

import html
import re

from pixee_cli.importing.problems import Warned

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")


def plain(text: str, warned: set[Warned]) -> str:
    """One line of plain text. A text with entities was exported as HTML by mistake: it is decoded, with a warning."""
    if _ENTITY.search(text):
        decoded = html.unescape(text)
        if decoded != text:
            warned.add(Warned.ENTITIES_DECODED)
            text = decoded
    return " ".join(_printable(text, warned).split())


def paragraph(text: str, warned: set[Warned]) -> str:
    """Plain text as an HTML paragraph; empty stays empty."""
    content = plain(text, warned)
    return f"<p>{html.escape(content, quote=False)}</p>" if content else ""


def markup(text: str, warned: set[Warned]) -> str:
    """HTML as given, without control characters."""
    return _printable(text, warned).strip()


def parts(text: str, separators: str) -> tuple[str, ...]:
    """A list inside a cell: each part once, in order."""
    found = (" ".join(part.split()) for part in re.split(f"[{re.escape(separators)}]", text))
    return tuple(dict.fromkeys(part for part in found if part))


def _printable(text: str, warned: set[Warned]) -> str:
    cleaned = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(cleaned) != len(text.replace("\r\n", "\n")):
        warned.add(Warned.TEXT_TRIMMED)
    return cleaned
