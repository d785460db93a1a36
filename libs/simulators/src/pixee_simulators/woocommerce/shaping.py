"""`_fields`: WordPress' filter of answers, with its limits (sheet: on a batch only top-level names work)."""

from typing import Any

Tree = dict[str, "Tree"]


def only(content: Any, fields: str | None) -> Any:
    """The wanted fields of an object, or of each object of a list; dots go into objects, never into lists [live]."""
    if not fields:
        return content
    tree: Tree = {}
    for path in fields.split(","):
        branch = tree
        for part in path.strip().split("."):
            branch = branch.setdefault(part, {})
    if isinstance(content, list):
        return [_pruned(one, tree) if isinstance(one, dict) else one for one in content]
    return _pruned(content, tree) if isinstance(content, dict) else content


def _pruned(content: dict[str, Any], tree: Tree) -> Any:
    """An object with nothing left is PHP's empty array."""
    kept: dict[str, Any] = {}
    for name, branch in tree.items():
        if name not in content:
            continue
        value = content[name]
        if not branch:
            kept[name] = value
        elif isinstance(value, dict) and (inner := _pruned(value, branch)):
            kept[name] = inner
    return kept or []
