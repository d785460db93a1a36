"""Invented too, of another nature than Larkshop: cents, and verdicts by the number of a row. No product: it stands among the tests."""

from conformance.invented.mossbay.adapter import MossbayAdapter
from conformance.invented.mossbay.manifest import MANIFEST

create = MossbayAdapter

__all__ = ["MANIFEST", "create"]
