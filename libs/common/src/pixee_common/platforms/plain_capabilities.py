"""Capabilities as an ordinary REST platform has them, in a line each; whatever else a `Capability` says may be added."""

from typing import Any

from pixee_common.platforms.manifest import Capability, FieldPolicy, Mode


def writes(
    max_items: int,
    *,
    sent: tuple[str, ...],
    companions: tuple[str, ...] = (),
    create_only: tuple[str, ...] = (),
    **more: Any,
) -> Capability:
    """A push of so many items a call. The names are those of `FieldPolicy`."""
    policy = FieldPolicy(sent=sent, companions=companions, create_only=create_only)
    return Capability(mode=_mode(max_items), max_items=max_items, fields=policy, **more)


def pages(max_items: int, **more: Any) -> Capability:
    """A pull of so many products a page."""
    return Capability(mode=_mode(max_items), max_items=max_items, **more)


def _mode(max_items: int) -> Mode:
    return Mode.SINGLE if max_items == 1 else Mode.BULK
