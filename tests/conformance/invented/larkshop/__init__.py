"""An invented platform, made as CONTRIBUTING says, to prove that what it says suffices. No product: it stands among the tests."""

from conformance.invented.larkshop.adapter import LarkshopAdapter
from conformance.invented.larkshop.manifest import MANIFEST

create = LarkshopAdapter

__all__ = ["MANIFEST", "create"]
