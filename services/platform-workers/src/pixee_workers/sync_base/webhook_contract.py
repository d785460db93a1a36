"""What an adapter also has when its shops call us: it tells a true delivery from a forged one, and says what changed. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came in. Nothing of it is believed before `hear` has verified the signature over the raw body."""

    topic: str
    signature: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a verified delivery tells: the product (the shop's id; null: it is about something else) and when the shop last changed it
    (null: it does not say).
    """

    external_id: str | None
    changed_at: datetime | None = None


@runtime_checkable
class Hearing(Protocol):
    """Beside `Adapter`; the manifest names the credential that signs (`webhook_secret`)."""

    def hear(self, delivery: Delivery, secret: str) -> Heard | None:
        """What it tells; null where the signature is not the secret's (compared in constant time).

        Raises:
            ValueError: it is signed, and says nothing that can be understood.
        """
        ...
