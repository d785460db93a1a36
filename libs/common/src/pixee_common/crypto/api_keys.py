"""API keys: `pix_<env>_<12 characters id>_<43 characters secret><6 characters checksum>`.

The prefix lets secret scanners recognise a leaked key, the checksum turns typing errors and guesses away before any database is
asked, the id finds the row, and only the SHA-256 of the secret is stored: 256 random bits need no slow hash.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

from pixee_common.domain.faults import PixeeError

__all__ = ["ApiKey", "ApiKeyMalformed", "hash_secret", "issue", "parse", "verify"]

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM = re.compile(r"(pix_([a-z0-9]{1,16})_([0-9A-Za-z]{12})_([0-9A-Za-z_-]{43}))([0-9A-Za-z]{6})", re.ASCII)
_ENV = re.compile(r"[a-z0-9]{1,16}", re.ASCII)


class ApiKeyMalformed(PixeeError):
    """The text cannot be a key of ours: answer 401, ask no database."""

    code = "api_key_malformed"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in clear. Shown once when issued; `env`, `id` and `hash_secret(secret)` are what is stored."""

    env: str
    id: str
    secret: str = field(repr=False)

    def text(self) -> str:
        """Return the whole key as its holder gets it."""
        body = f"pix_{self.env}_{self.id}_{self.secret}"
        return body + _checksum(body)


def issue(env: str = "live") -> ApiKey:
    """Make a new key; `env` (lower-case letters and digits) tells where it is good for."""
    if not _ENV.fullmatch(env):
        raise ValueError("env must be 1 to 16 lower-case letters or digits")
    return ApiKey(env, "".join(secrets.choice(_BASE62) for _ in range(12)), secrets.token_urlsafe(32))


def parse(text: str) -> ApiKey:
    """Take a key apart and check its form and checksum. Raises ApiKeyMalformed, which quotes nothing of it."""
    match = _FORM.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(match[1]), match[5]):
        raise ApiKeyMalformed("this is not an API key of Pixee, or it was copied incompletely")
    return ApiKey(match[2], match[3], match[4])


def hash_secret(secret: str) -> bytes:
    """Return what is stored of a secret: its SHA-256 (32 bytes)."""
    return hashlib.sha256(secret.encode()).digest()


def verify(stored_sha256: bytes, secret: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(stored_sha256, hash_secret(secret))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), []
    for _ in range(6):  # 62**6 > 2**32
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))
