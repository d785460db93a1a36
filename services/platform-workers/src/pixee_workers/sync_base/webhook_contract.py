"""What an adapter also has when its shops call us: it tells a true delivery from a forged one, and says what it tells. Pure."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pixee_workers.sync_base.items import PulledProduct, PulledVariant


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came in. Nothing of it is believed before `hear` has verified the signature over the raw body."""

    topic: str
    signature: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a verified delivery tells of one object of the shop (null: it is about something else).

    In the words of a pull, for the orchestrator asks what a pull would make of it. A product that has variants of its own comes
    without them (`variants` empty) where the delivery does not tell of them, categories by their last names. `variant` is told alone.
    With neither, and not gone, something happened to the object and nobody can read what.
    """

    external_id: str | None
    gone: bool = False
    product: PulledProduct | None = None
    variant: PulledVariant | None = None


@runtime_checkable
class Hearing(Protocol):
    """Beside `Adapter`; the manifest names the credential that signs (`webhook_secret`)."""

    def hear(self, delivery: Delivery, secret: str) -> Heard | None:
        """What it tells; null where the signature is not the secret's (compared in constant time).

        Raises:
            ValueError: it is signed, and says nothing that can be understood.
        """
        ...
