"""What a law is: a function over a bench, kept under its name, that raises AssertionError where a platform breaks it."""

from collections.abc import Awaitable, Callable

from conformance.bench import Bench

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Manifest

Law = Callable[[Bench], Awaitable[None]]
LAWS: dict[str, Law] = {}
_NEEDS: dict[str, tuple[Operation, ...]] = {}


class Exempt(Exception):
    """The manifest does not claim what the law is about; the message says which claim is missing."""


def law(*needs: Operation) -> Callable[[Law], Law]:
    """Registers it by its name, for platforms that claim these operations. Its docstring ends with what to look at when it fails."""

    def keep(function: Law) -> Law:
        assert "If it fails: " in (function.__doc__ or ""), f"{function.__name__} must say what to do when it fails"
        LAWS[function.__name__] = function
        _NEEDS[function.__name__] = needs
        return function

    return keep


def exemption(name: str, manifest: Manifest) -> str | None:
    """Why the law does not bind the platform: the manifest's own reason for an operation that it does not claim.

    Raises AssertionError where the manifest gives none.
    """
    for operation in _NEEDS[name]:
        if operation not in manifest.capabilities:
            reason = manifest.unsupported.get(operation)
            assert reason, f"{manifest.slug} claims no {operation} and its manifest does not say why (`unsupported`)"
            return f"{manifest.slug} claims no {operation}: {reason}"
    return None
