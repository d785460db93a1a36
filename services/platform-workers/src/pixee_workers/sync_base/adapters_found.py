"""Finds the platforms: every folder `pixee_workers/platforms/<slug>` that offers MANIFEST and create(). No list is kept by hand.

A folder that cannot be imported takes no other platform down: it is reported loudly and left out.
"""

import importlib
import logging
import pkgutil
from collections.abc import Callable

from pixee_workers.sync_base.adapter import Adapter

PACKAGE = "pixee_workers.platforms"
_log = logging.getLogger(__name__)


class NoPlatformError(Exception):
    """Nothing is left to serve; the message names what was asked for."""


def folders(package: str = PACKAGE) -> list[str]:
    """The slugs of all platform folders, sorted."""
    return sorted(
        entry.name for entry in pkgutil.iter_modules(importlib.import_module(package).__path__) if entry.ispkg
    )


def found_adapters(serves: Callable[[str], bool], package: str = PACKAGE) -> dict[str, Adapter]:
    """One adapter for each platform that `serves` says yes to, by slug.

    Raises:
        NoPlatformError: none is left.
    """
    adapters: dict[str, Adapter] = {}
    for slug in filter(serves, folders(package)):
        try:
            module = importlib.import_module(f"{package}.{slug}")
            if module.MANIFEST.slug != slug:
                raise NoPlatformError(f"the manifest in {slug} names {module.MANIFEST.slug}")
            adapters[slug] = module.create()
        except Exception:
            _log.critical("platform %s cannot be loaded and is not served", slug, exc_info=True)
    if not adapters:
        raise NoPlatformError(f"no platform of {', '.join(folders(package)) or 'none'} is served")
    return adapters
