"""Who says where requests may go: the platform's manifest (`HostRule`) and the operator (`EgressPolicy`)."""

import fnmatch
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from yarl import URL

from pixee_common.egress.addresses import Network

__all__ = ["EgressPolicy", "EgressRoute", "HostRule"]


@dataclass(frozen=True, slots=True)
class HostRule:
    """Which hosts a platform's connectors may name.

    `pattern` is a regular expression that must match the whole lower-cased host (`None`: any public host, for self-hosted
    shops). `also`: further hosts by their exact names (token endpoints). Ports and schemes are exact sets.
    """

    pattern: str | None = None
    ports: frozenset[int] = frozenset({443, 8443})
    schemes: frozenset[str] = frozenset({"https"})
    also: frozenset[str] = frozenset()

    def matches(self, host: str) -> bool:
        """Tell whether the lower-cased host may be called by this rule."""
        return self.pattern is None or host in self.also or re.fullmatch(self.pattern, host) is not None

    @classmethod
    def of_suffixes(cls, *suffixes: str) -> "HostRule":
        """Make the rule for download hosts: a host equal to one of the suffixes or below it."""
        if not suffixes or not all(suffix.strip(".") for suffix in suffixes):
            raise ValueError("name at least one host suffix")
        joined = "|".join(re.escape(suffix.strip(".").lower()) for suffix in suffixes)
        return cls(pattern=rf"(?:.+\.)?(?:{joined})")


@dataclass(frozen=True, slots=True)
class EgressRoute:
    """Requests whose original host matches the glob go to `base_url`, as behind a hop that terminates TLS there."""

    host_glob: str
    base_url: str

    def __post_init__(self) -> None:
        base = URL(self.base_url)
        if base.scheme not in {"http", "https"} or not base.host or base.path not in {"", "/"} or base.query_string:
            raise ValueError(f"egress route {self.host_glob!r}: the target must be http(s)://host:port without a path")

    def matches(self, host: str) -> bool:
        """Tell whether the lower-cased original host falls under this route."""
        return fnmatch.fnmatchcase(host, self.host_glob.lower())

    def apply(self, url: URL) -> URL:
        """Return the URL to call instead, path and query kept byte for byte."""
        base = URL(self.base_url)
        return URL.build(
            scheme=base.scheme,
            host=base.host_subcomponent or "",
            port=base.port,
            path=url.raw_path,
            query_string=url.raw_query_string,
            encoded=True,
        )


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """The operator's settings: private networks that may be called, and hosts that are reached by another way."""

    private_allowlist: tuple[Network, ...] = ()
    routes: tuple[EgressRoute, ...] = field(default=())
    plain_http: tuple[str, ...] = ()
    """Globs of hosts that may be called without TLS, where the platform can work without it."""

    def schemes_for(self, host: str, offered: Iterable[str]) -> frozenset[str]:
        """The schemes by which this host may be called, of those that the platform can do."""
        permitted = any(fnmatch.fnmatchcase(host, glob.lower()) for glob in self.plain_http)
        return frozenset(scheme for scheme in offered if scheme != "http" or permitted)

    def route_for(self, host: str) -> EgressRoute | None:
        """Return the first route of this host, or None when it is reached directly."""
        return next((route for route in self.routes if route.matches(host)), None)

    @classmethod
    def parse(cls, allow: str = "", routes: str = "", plain_http: str = "") -> "EgressPolicy":
        """Read PIXEE_EGRESS_ALLOW (CIDRs), PIXEE_EGRESS_ROUTES (`host-glob=base URL`) and PIXEE_EGRESS_PLAIN_HTTP (host globs), each
        separated by commas.

        Raises ValueError naming the entry that cannot be read.
        """
        networks = tuple(ipaddress.ip_network(entry) for entry in _entries(allow))
        parsed = []
        for entry in _entries(routes):
            glob, separator, base_url = entry.partition("=")
            if not separator or not glob.strip():
                raise ValueError(f"egress route {entry!r} is not of the form host-glob=http://host:port")
            parsed.append(EgressRoute(glob.strip(), base_url.strip()))
        return cls(networks, tuple(parsed), tuple(_entries(plain_http)))


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]
