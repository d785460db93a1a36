"""Null characters in what a shop said: PostgreSQL keeps them in no text and no JSON, and one of them must not cost a chunk its outcome.

They are looked for only when the database has refused a result for them, so nothing is spent on the millions that have none.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import asyncpg
from pydantic import BaseModel

Value = TypeVar("Value")

_NULL, _IN_ITS_PLACE = "\x00", "\ufffd"


def is_unwritable_text(error: BaseException) -> bool:
    """Whether the database refused a text for what no text may hold (SQLSTATE 22021; in JSON 22P05)."""
    return isinstance(error, (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError))


def writable(value: Value) -> Value:
    """The same value with U+FFFD for each null character, in whatever it holds."""
    return _writable(value)  # type: ignore[no-any-return]


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(_NULL, _IN_ITS_PLACE) if type(value) is str else value
    if isinstance(value, Mapping):
        return {_writable(name): _writable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_writable(inner) for inner in value)
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _writable(getattr(value, name)) for name in type(value).model_fields})
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _writable(getattr(value, one.name)) for one in fields(value)})
    return value
