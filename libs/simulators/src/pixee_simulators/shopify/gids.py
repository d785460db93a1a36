"""Global ids as the platform writes them: `gid://shopify/Product/7`."""

import re

_GID = re.compile(r"gid://shopify/(\w+)/(\d+)(?:\?.*)?")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(text: str, kind: str) -> int | None:
    """The number of a gid of this kind; None for another kind, for bare numbers and for nonsense."""
    found = _GID.fullmatch(text)
    return int(found[2]) if found is not None and found[1] == kind else None


def kind_of(text: str) -> tuple[str, int] | None:
    """Kind and number, or None when it is no gid."""
    found = _GID.fullmatch(text)
    return (found[1], int(found[2])) if found is not None else None
