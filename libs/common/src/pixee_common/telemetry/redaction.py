"""Blots secrets out of text that leaves the process.

Two nets, because each has holes: values that were decrypted here are known and removed wherever they stand (also inside a
traceback or a library's message), and anything that stands behind a telling name or has a telling form is removed unseen.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["redact", "redact_fields", "register_secrets"]

_BLOT = "***"
# Shorter values (a shop's name, a country) are not secrets on their own and would tear holes into ordinary words.
_MIN_LENGTH = 8
_MAX_KNOWN = 4096

# Nothing here may start with an open repetition: on a long run of letters the search would take quadratic time.
_NAME = (
    r"(?:authori[sz]ation|passw(?:or)?d|passphrase|secret|token|api[_-]?key|consumer[_-]?key|private[_-]?key"
    r"|fernet|credential|cookie|signature|x-amz-security)[\w.-]{0,40}"
)
_TELLING_NAME = re.compile(_NAME, re.IGNORECASE)
# name = value, name: value, "name": "value", name='value'; the value ends at a quote, blank, comma, ampersand or bracket.
_NAMED_VALUE = re.compile(
    rf"(?P<name>{_NAME})(?P<between>[\"']?\s{{0,4}}[=:]\s{{0,4}}(?:b?[\"'])?)(?:(?:Bearer|Basic)\s+)?[^\s\"',&;)}}\]]+",
    re.IGNORECASE,
)
_TELLING_FORMS = re.compile(
    r"\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|\bpix_[a-z0-9]{1,16}_[0-9A-Za-z]{12}_[0-9A-Za-z_-]{49}"
    r"|\bshp(?:at|ca|pa|ss|ua)_[0-9A-Za-z]{16,}"
    r"|\bc[ks]_[0-9a-f]{40}\b"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*"
    r"|\bgAAAAA[\w-]{60,}={0,2}"
)

_lock = threading.Lock()
_known: OrderedDict[str, None] = OrderedDict()


def register_secrets(values: Iterable[str]) -> None:
    """Remember values (as they are and as URLs carry them) so that `redact` removes them; the oldest are forgotten at 4,096."""
    with _lock:
        for value in values:
            if len(value) < _MIN_LENGTH:
                continue
            for form in (value, quote(value, safe=""), quote_plus(value)):
                _known[form] = None
                _known.move_to_end(form)
        while len(_known) > _MAX_KNOWN:
            _known.popitem(last=False)


def redact(text: str) -> str:
    """Return the text without secrets."""
    with _lock:
        known = tuple(_known)
    for value in known:
        if value in text:
            text = text.replace(value, _BLOT)
    text = _TELLING_FORMS.sub(_BLOT, text)
    return _NAMED_VALUE.sub(lambda match: f"{match['name']}{match['between']}{_BLOT}", text)


def redact_fields(value: Any, name: str = "") -> Any:
    """Return a JSON-like value without secrets: by field name, and in every text inside."""
    if name and value is not None and not isinstance(value, bool) and _TELLING_NAME.search(name):
        return _BLOT
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(key): redact_fields(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_fields(item) for item in value]
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    return redact(str(value))
