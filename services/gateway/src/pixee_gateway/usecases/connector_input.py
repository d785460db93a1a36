"""Checks what a merchant enters for a connector against the platform's manifest; every fault is named with its pointer."""

import re
from collections.abc import Mapping

from pixee_common.egress import EgressPolicy, EgressRefused
from pixee_common.egress.shops import ShopAddress, shop_address
from pixee_common.platforms import Manifest
from pixee_gateway.problems import Pointer, Problem, invalid

_COMMON_SETTINGS = {
    "currency": re.compile(r"[A-Z]{3}"),
    "locale": re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"),
    "channel": re.compile(r".{1,100}"),
    "locations": re.compile(r".{1,500}"),
    "on_delete": re.compile(r"keep|unpublish|delete"),
}
"""Settings that every platform has: the shop's currency, the locale and channel to send, our locations (by comma), what a deletion does."""


def checked_settings(
    manifest: Manifest, given: Mapping[str, str], policy: EgressPolicy
) -> tuple[dict[str, str], ShopAddress]:
    """The settings, normalised, and the shop's address. Raises a 422 problem that names every fault."""
    faults: list[Pointer] = []
    settings: dict[str, str] = {}
    known = {field.name: field for field in manifest.settings}
    for name, value in given.items():
        value = manifest.rewritten(name, value.strip())  # noqa: PLW2901 the same value, as the platform wants it
        field = known.get(name)
        if field is None and name not in _COMMON_SETTINGS:
            allowed = ", ".join(sorted({*known, *_COMMON_SETTINGS}))
            faults.append(Pointer(pointer=f"#/settings/{name}", detail=f"no such setting; there are: {allowed}"))
        elif field is not None and field.choices and value not in field.choices:
            faults.append(Pointer(pointer=f"#/settings/{name}", detail=f"one of: {', '.join(field.choices)}"))
        elif field is not None and field.pattern and not re.fullmatch(field.pattern, value):
            faults.append(Pointer(pointer=f"#/settings/{name}", detail=f"not in the form wanted. {field.help}".strip()))
        elif name in _COMMON_SETTINGS and not _COMMON_SETTINGS[name].fullmatch(value):
            faults.append(Pointer(pointer=f"#/settings/{name}", detail=f"'{value}' is not in the form wanted"))
        else:
            settings[name] = value
    faults += [
        Pointer(pointer=f"#/settings/{field.name}", detail=f"required: {field.label}. {field.help}".strip())
        for field in manifest.settings
        if field.required and field.name not in given
    ]
    if faults:
        raise invalid(*faults)
    try:
        return settings, shop_address(manifest, settings, policy)
    except EgressRefused as error:
        pointer = f"#/settings/{manifest.host.address_setting}"
        raise Problem(
            422, "address_refused", f"The shop's address is not allowed. {error.advice}",
            errors=(Pointer(pointer=pointer, detail=error.advice),),
        ) from None  # fmt: skip


def checked_credentials(manifest: Manifest, given: Mapping[str, str]) -> dict[str, str]:
    """The credentials. Raises a 422 problem; no message ever holds a value."""
    known = {field.name: field for field in manifest.credentials}
    faults = [
        Pointer(pointer=f"#/credentials/{name}", detail=f"no such field; there are: {', '.join(sorted(known))}")
        for name in given
        if name not in known
    ]
    faults += [
        Pointer(pointer=f"#/credentials/{name}", detail=f"not in the form wanted. {known[name].help}".strip())
        for name, value in given.items()
        if name in known
        and (not value.strip() or (known[name].pattern and not re.fullmatch(known[name].pattern or "", value)))
    ]
    if not any(set(wanted) <= set(given) for wanted in manifest.credential_sets):
        ways = " or ".join(" and ".join(wanted) for wanted in manifest.credential_sets)
        faults.append(Pointer(pointer="#/credentials", detail=f"give {ways}"))
    if faults:
        raise invalid(*faults)
    return dict(given)
