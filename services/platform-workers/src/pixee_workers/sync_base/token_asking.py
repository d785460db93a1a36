"""Words that the two halves of the token store share: what is asked for, and what is held."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pixee_common.crypto import Credentials
from pixee_common.domain.ids import ConnectorId
from pixee_workers.sync_base.calls import Token

Fetch = Callable[[], Awaitable[Token]]
Adopt = Callable[[Credentials, int], None]
"""Takes the credentials that the next fetch has to use, and their version."""

_MARGIN_SECONDS = 60.0
_MARGIN_SHARE = 0.1
_EARLY_SECONDS = 300.0
_EARLY_SHARE = 0.2


def margin_of(lifetime: float) -> float:
    """How long before its end a token is no longer used (seconds): a call that begins with it must also end with it."""
    return min(_MARGIN_SECONDS, lifetime * _MARGIN_SHARE)


def early_of(lifetime: float) -> float:
    """How long before its end the next token is fetched by schedule (seconds): well before anybody has to wait for it."""
    return min(_EARLY_SECONDS, lifetime * _EARLY_SHARE)


def as_they_are(_credentials: Credentials, _version: int) -> None:
    """For a caller whose credentials nobody else replaces."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody needs a token of this connector, made from credentials of this version or a newer one."""

    connector_id: ConnectorId
    credentials_version: int
    fetch: Fetch = field(repr=False)
    adopt: Adopt = field(default=as_they_are, repr=False)
    refused: str | None = field(default=None, repr=False)
    """A token that the platform has refused: wherever it stands, it is none."""
    newer_than: int = -1
    """A shared token of this version or an older one is not good enough."""


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token, and for how many seconds calls may begin with it. `version` is that of the shared row."""

    value: str = field(repr=False)
    credentials_version: int
    version: int
    seconds: float
