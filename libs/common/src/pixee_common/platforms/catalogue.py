"""The catalogue of all platforms, read from the committed file that `make generate` makes from the manifests."""

import json
from functools import cache
from importlib import resources

from pixee_common.platforms.manifest import Manifest


@cache
def catalogue() -> dict[str, Manifest]:
    """Every platform by its slug."""
    text = resources.files("pixee_common.platforms").joinpath("catalogue.json").read_text(encoding="utf-8")
    return {entry["slug"]: Manifest.model_validate(entry) for entry in json.loads(text)}
