"""Seals and opens the credentials of connectors (Fernet, the project's mandate).

Fernet has no associated data: a token copied into another connector's row would open there. So the connector's id stands inside
the plaintext and is checked. Each sealed value names its key, so that a missing key is told apart from damaged data: the first
parks the work until an operator brings the key back, neither is ever retried in a loop.
"""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken

from pixee_common.crypto.credentials import Credentials, SealedCredentials
from pixee_common.domain.faults import PixeeError

__all__ = ["CredentialsCorrupt", "CryptoError", "KeyRing", "UnknownKeyId", "WrongConnector", "generate_key"]


class CryptoError(PixeeError):
    """Stored credentials cannot be used and repeating will not help: park the work and wake an engineer.

    CryptoError
    ├── UnknownKeyId         bring the key back (PIXEE_FERNET_KEYS)
    ├── CredentialsCorrupt   the row is damaged, or was sealed with another key of the same id
    └── WrongConnector       the row belongs to another connector: somebody moved it
    """

    code = "credentials_unreadable"


class UnknownKeyId(CryptoError):
    """No key of that id is on the ring."""

    code = "unknown_key_id"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"no encryption key with id {key_id!r} is configured")
        self.key_id = key_id


class CredentialsCorrupt(CryptoError):
    """The key is there and the token does not open, or does not hold what we write."""

    code = "credentials_corrupt"


class WrongConnector(CryptoError):
    """The token opens and names another connector."""

    code = "credentials_of_another_connector"


def generate_key() -> str:
    """Make a new Fernet key (URL-safe base64 of 32 random bytes)."""
    return Fernet.generate_key().decode()


class KeyRing:
    """Keys by id. The first one seals; each one opens what it sealed.

    `on_secret` is told the values of everything opened, so that logging can blot them out.
    """

    def __init__(
        self, keys: Iterable[tuple[str, str]], *, on_secret: Callable[[Iterable[str]], None] | None = None
    ) -> None:
        """Take (key id, Fernet key) pairs. Raises ValueError, which never quotes a key."""
        self._keys: dict[str, Fernet] = {}
        for key_id, key in keys:
            if not key_id or key_id in self._keys:
                raise ValueError(f"key id {key_id!r} is empty or given twice")
            try:
                self._keys[key_id] = Fernet(key)
            except ValueError:
                raise ValueError(f"the key with id {key_id!r} is not a Fernet key") from None
        if not self._keys:
            raise ValueError("at least one encryption key is needed")
        self._on_secret = on_secret

    @classmethod
    def parse(cls, text: str, *, on_secret: Callable[[Iterable[str]], None] | None = None) -> "KeyRing":
        """Read PIXEE_FERNET_KEYS: `<key id>:<fernet key>`, separated by commas, the sealing key first. Raises ValueError."""
        pairs = []
        for position, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
            key_id, separator, key = entry.partition(":")
            if not separator:
                raise ValueError(f"entry {position} is not of the form <key id>:<fernet key>")
            pairs.append((key_id.strip(), key.strip()))
        return cls(pairs, on_secret=on_secret)

    @property
    def current_key_id(self) -> str:
        """The id of the key that seals."""
        return next(iter(self._keys))

    def seal(self, connector_id: UUID, plain: Mapping[str, str]) -> SealedCredentials:
        """Encrypt the fields for this connector with the current key."""
        key_id = self.current_key_id
        document = orjson.dumps({"connector_id": str(connector_id), "fields": dict(plain)})
        return SealedCredentials(key_id, self._keys[key_id].encrypt(document))

    def open(self, connector_id: UUID, sealed: SealedCredentials) -> Credentials:
        """Decrypt the fields. Raises UnknownKeyId, CredentialsCorrupt, WrongConnector."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise UnknownKeyId(sealed.key_id)
        try:
            document = orjson.loads(key.decrypt(sealed.ciphertext))
            owner, fields = document["connector_id"], document["fields"]
            sound = isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values())
        except (InvalidToken, orjson.JSONDecodeError, KeyError, TypeError):
            sound = False
        if not sound:
            raise CredentialsCorrupt(f"credentials of connector {connector_id} do not open with key {sealed.key_id!r}")
        if owner != str(connector_id):
            raise WrongConnector(f"the credentials stored for connector {connector_id} belong to another connector")
        if self._on_secret is not None:
            self._on_secret(fields.values())
        return Credentials(fields)

    def needs_rotation(self, sealed: SealedCredentials) -> bool:
        """Tell whether the value was sealed with another key than the current one."""
        return sealed.key_id != self.current_key_id

    def rotate(self, connector_id: UUID, sealed: SealedCredentials) -> SealedCredentials:
        """Seal the same fields again with the current key. Raises as `open` does."""
        return self.seal(connector_id, self.open(connector_id, sealed))
