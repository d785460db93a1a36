"""Platforms as data: manifest types and the generated catalogue."""

from pixee_common.platforms.catalogue import catalogue
from pixee_common.platforms.manifest import Capability, Manifest

__all__ = ["Capability", "Manifest", "catalogue"]
