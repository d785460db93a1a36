"""An invented platform, made as CONTRIBUTING says, to prove that what it says suffices. No product: it stands among the tests."""

from conformance.invented.larkshop.adapter import LarkshopAdapter
from conformance.invented.larkshop.manifest import MANIFEST


def create() -> LarkshopAdapter:
    """One adapter for the process."""
    return LarkshopAdapter()


__all__ = ["MANIFEST", "create"]
