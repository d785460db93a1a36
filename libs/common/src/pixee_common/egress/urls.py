"""The check of a URL before anything is resolved: pure, so the gateway makes it too when a connector is saved."""

import ipaddress
import re

from yarl import URL

from pixee_common.egress.addresses import refusal_of_address
from pixee_common.egress.errors import EgressRefused
from pixee_common.egress.policy import EgressPolicy, HostRule

__all__ = ["check_url"]

_MAX_LENGTH = 8192
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\<>\"^`{|}]")
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
# WHATWG URL standard, "ends in a number": such a host is read as an IPv4 address by one library or another.
_NUMERIC_LAST_LABEL = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa", "onion")


def check_url(url: str, rule: HostRule, policy: EgressPolicy) -> URL:
    """Check a URL against the manifest's host rule and the operator's policy; DNS is not asked.

    Returns the URL in canonical form (host lower-cased, in punycode; path and query byte for byte). A host with a route of the
    operator skips the address checks, never the host rule. Raises EgressRefused.
    """
    parsed = _parse(url)
    if parsed.scheme not in rule.schemes:
        wanted = " or ".join(sorted(rule.schemes))
        raise EgressRefused("scheme", f"The address must start with {wanted}://")
    if "@" in parsed.raw_authority:
        raise EgressRefused("userinfo", "Leave user name and password out of the address.")
    if "#" in url:
        raise EgressRefused("fragment", "Leave out the part from # on.")
    host = _canonical_host(parsed)
    port = parsed.port
    if port not in rule.ports:
        raise EgressRefused("port", f"Port {port} is not allowed; allowed: {', '.join(map(str, sorted(rule.ports)))}.")
    if not rule.matches(host):
        raise EgressRefused("host", f"The host {host} does not belong to this platform.")
    if policy.route_for(host) is None:
        _check_host(host, policy)
    return URL.build(
        scheme=parsed.scheme,
        host=f"[{host}]" if ":" in host else host,
        port=None if parsed.is_default_port() else port,
        path=parsed.raw_path,
        query_string=parsed.raw_query_string,
        encoded=True,
    )


def _parse(url: str) -> URL:
    if not url or len(url) > _MAX_LENGTH or _UNSAFE.search(url):
        raise EgressRefused(
            "malformed", "This is not a web address: it is empty, too long or has forbidden characters."
        )
    try:
        parsed = URL(url, encoded=True)
        usable = bool(parsed.raw_host) and parsed.port is not None
    except ValueError:
        usable = False
    if not usable:
        raise EgressRefused("malformed", "This is not a complete web address, such as https://shop.example.com")
    return parsed


def _canonical_host(parsed: URL) -> str:
    host = (parsed.raw_host or "").lower()
    if "%" in host:
        raise EgressRefused("malformed", "The host must not contain %.")
    if not host.isascii():
        try:
            host = (URL.build(scheme="https", host=host).raw_host or "").lower()
        except ValueError:
            host = ""
    if host.endswith("."):
        raise EgressRefused("trailing_dot", "Write the host without a dot at its end.")
    if ":" in host:
        return _canonical_ipv6(host)
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise EgressRefused("malformed", "The host is not a valid name.")
    return host


def _canonical_ipv6(host: str) -> str:
    try:
        return ipaddress.IPv6Address(host).compressed
    except ValueError:
        raise EgressRefused("malformed", "The host is not a valid IPv6 address.") from None


def _check_host(host: str, policy: EgressPolicy) -> None:
    if ":" in host or _NUMERIC_LAST_LABEL.fullmatch(host):
        _check_literal(host, policy)
        return
    if "." not in host or any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES):
        raise EgressRefused("local_name", f"{host} is a name of a local network; use the shop's public name.")


def _check_literal(host: str, policy: EgressPolicy) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Decimal, octal, hex or shortened spellings: real shops do not use them, attackers do.
        raise EgressRefused("odd_address", "Write the shop's name instead of a number.") from None
    reason = refusal_of_address(address, policy.private_allowlist)
    if reason is not None:
        raise EgressRefused(f"address_{reason}", f"{host} is not a public address; use the shop's public name.")
