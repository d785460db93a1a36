"""Credentials in clear, for as short as possible, and as they are stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Credentials", "SealedCredentials"]


class Credentials(Mapping[str, str]):
    """Field name → secret value. Prints field names only, and cannot be pickled (and so not travel by accident)."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._fields))})"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("credentials are not pickled")


@dataclass(frozen=True, slots=True)
class SealedCredentials:
    """Credentials as stored: the id of the key, and a Fernet token (ASCII)."""

    key_id: str
    ciphertext: bytes = field(repr=False)
