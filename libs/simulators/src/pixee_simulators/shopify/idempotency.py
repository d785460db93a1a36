"""What the platform remembers about keys of `@idempotent`.

A key belongs to one input (all of it, in its order). The same key with the same input gets the first answer again and
does nothing; with another input it is a client's bug; after an attempt that broke a new key is needed.
Docs: shopify.dev "Idempotent requests".
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

KEPT_S = 24 * 3600


@dataclass(slots=True)
class Attempt:
    """One key's first attempt: `answer` is plain JSON, None when that attempt broke."""

    fingerprint: str
    at: float
    answer: dict[str, Any] | None


def fingerprint(operation: str, arguments: dict[str, Any]) -> str:
    """Equal for equal operation and arguments, order included."""
    return hashlib.blake2b(orjson.dumps([operation, arguments]), digest_size=16).hexdigest()


def first_attempt(attempts: dict[str, Attempt], key: str, now: float) -> Attempt | None:
    """What is remembered of a key; after a day nothing is."""
    attempt = attempts.get(key)
    return None if attempt is None or now - attempt.at > KEPT_S else attempt


def verdict(attempt: Attempt | None, mark: str) -> str | None:
    """The user error code this key meets, or None: go on (no attempt, or one to be replayed)."""
    if attempt is None:
        return None
    if attempt.fingerprint != mark:
        return "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    return "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" if attempt.answer is None else None
