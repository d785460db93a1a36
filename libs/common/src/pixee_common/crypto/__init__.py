"""Secrets of merchants and of our own callers.

Threat: a copied database, a swapped row, a leaked log. Credentials are stored as Fernet tokens that name their key and carry the
connector they belong to; API keys are stored as hashes; no object here shows a secret when it is printed.
"""

from pixee_common.crypto.api_keys import ApiKey, ApiKeyMalformed, hash_secret, issue, parse, verify
from pixee_common.crypto.credentials import Credentials, SealedCredentials
from pixee_common.crypto.key_ring import (
    CredentialsCorrupt,
    CryptoError,
    KeyRing,
    UnknownKeyId,
    WrongConnector,
    generate_key,
)

__all__ = [
    "ApiKey",
    "ApiKeyMalformed",
    "Credentials",
    "CredentialsCorrupt",
    "CryptoError",
    "KeyRing",
    "SealedCredentials",
    "UnknownKeyId",
    "WrongConnector",
    "generate_key",
    "hash_secret",
    "issue",
    "parse",
    "verify",
]
