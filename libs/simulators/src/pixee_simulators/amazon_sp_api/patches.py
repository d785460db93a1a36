"""JSON patches on attributes: only whole attributes, whose elements are told apart by their selectors.

`add` and `replace` put elements in the place of those with the same selectors and leave the others; `merge` joins the
fields instead; `delete` with a value removes the elements that it selects, without one the attribute.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pixee_simulators.amazon_sp_api.errors import invalid_input
from pixee_simulators.amazon_sp_api.listings import Attributes

Element = dict[str, Any]
_PREFIX = "/attributes/"


def attribute_of(path: Any) -> str:
    """The attribute that a patch names. Raises Refusal (400) for anything deeper: nested pointers are not supported."""
    if not isinstance(path, str) or not path.startswith(_PREFIX) or not path[len(_PREFIX) :]:
        raise invalid_input("Invalid patch path.", f"{path!r} is not {_PREFIX}<attribute>")
    name = path[len(_PREFIX) :]
    if "/" in name:
        raise invalid_input("Invalid patch path.", "only top-level attributes can be patched")
    return name


def apply(
    attributes: Attributes,
    patches: Iterable[Mapping[str, Any]],
    selectors: Mapping[str, Iterable[str]],
    marketplace: str,
) -> None:
    """Change `attributes` in place. `selectors`: attribute -> names of its selectors."""
    for patch in patches:
        name = attribute_of(patch["path"])
        keys = tuple(selectors.get(name, ("marketplace_id",)))
        change(attributes, name, str(patch["op"]), patch.get("value"), keys, marketplace)


def change(
    attributes: Attributes, name: str, op: str, value: list[Element] | None, keys: tuple[str, ...], marketplace: str
) -> None:
    before = attributes.get(name, [])
    given = {selected(one, keys, marketplace): one for one in value or ()}
    if op == "delete":
        after = [] if value is None else [one for one in before if selected(one, keys, marketplace) not in given]
    elif op == "merge":
        after = [one | given.pop(selected(one, keys, marketplace), {}) for one in before] + list(given.values())
    else:
        after = _replaced(before, value or [], keys, marketplace)
    if after:
        attributes[name] = after
    else:
        attributes.pop(name, None)


def _replaced(before: list[Element], value: list[Element], keys: tuple[str, ...], marketplace: str) -> list[Element]:
    """Several elements may share selectors (bullet points): they go and come together."""
    touched = {selected(one, keys, marketplace) for one in value}
    return [one for one in before if selected(one, keys, marketplace) not in touched] + value


def selected(element: Element, keys: tuple[str, ...], marketplace: str) -> tuple[str, ...]:
    """The selector values of an element; what is left out means this marketplace and everybody."""
    defaults = {"marketplace_id": marketplace, "audience": "ALL"}
    return tuple(repr(element.get(key, defaults.get(key))) for key in keys)
