"""What a law is: a function over a bench, kept under its name, that raises AssertionError where a platform breaks it."""

from collections.abc import Awaitable, Callable

from conformance.bench import Bench

Law = Callable[[Bench], Awaitable[None]]
LAWS: dict[str, Law] = {}


class Exempt(Exception):
    """The manifest does not claim what the law is about; the message says which claim is missing."""


def law(function: Law) -> Law:
    """Registers it by its name. Its docstring ends with what to look at when it fails."""
    assert "If it fails: " in (function.__doc__ or ""), f"{function.__name__} must say what to do when it fails"
    LAWS[function.__name__] = function
    return function
