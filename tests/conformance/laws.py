"""All laws: every `laws_*.py` in this folder. There is no list to edit."""

import importlib
from pathlib import Path

from conformance.law import LAWS, Law

for _file in sorted(Path(__file__).parent.glob("laws_*.py")):
    importlib.import_module(f"conformance.{_file.stem}")

__all__ = ["LAWS", "Law"]
