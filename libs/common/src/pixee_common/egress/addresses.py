"""Which addresses nobody outside may make us call."""

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

__all__ = ["Address", "Network", "refusal_of_address"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Clouds serve machine credentials here. Some of them are public addresses by number; no allowlist opens any of them.
_METADATA: frozenset[Address] = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, GCP, Azure, DigitalOcean, OpenStack
        "169.254.170.2",  # AWS ECS task credentials
        "169.254.170.23",  # AWS EKS pod identity
        "168.63.129.16",  # Azure wire server, a public address
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS EKS pod identity
        "fd20:ce::254",  # GCP
    )
)

# `is_global` alone is not enough: tunnels and translators are global by number and end somewhere else, and Python's own view of
# several ranges changed between patch releases.
_DENIED: tuple[tuple[str, Network], ...] = tuple(
    (reason, ipaddress.ip_network(text))
    for reason, text in (
        ("unspecified", "0.0.0.0/8"),
        ("private", "10.0.0.0/8"),
        ("carrier_nat", "100.64.0.0/10"),
        ("loopback", "127.0.0.0/8"),
        ("link_local", "169.254.0.0/16"),
        ("private", "172.16.0.0/12"),
        ("reserved", "192.0.0.0/24"),
        ("documentation", "192.0.2.0/24"),
        ("tunnel", "192.88.99.0/24"),
        ("private", "192.168.0.0/16"),
        ("reserved", "198.18.0.0/15"),
        ("documentation", "198.51.100.0/24"),
        ("documentation", "203.0.113.0/24"),
        ("multicast", "224.0.0.0/4"),
        ("reserved", "240.0.0.0/4"),
        ("mapped", "::ffff:0:0/96"),
        ("loopback", "::1/128"),
        ("reserved", "::/96"),
        ("nat64", "64:ff9b::/96"),
        ("nat64", "64:ff9b:1::/48"),
        ("discard", "100::/64"),
        ("tunnel", "2001::/32"),
        ("reserved", "2001::/23"),
        ("documentation", "2001:db8::/32"),
        ("tunnel", "2002::/16"),
        ("documentation", "3fff::/20"),
        ("reserved", "5f00::/16"),
        ("private", "fc00::/7"),
        ("link_local", "fe80::/10"),
        ("private", "fec0::/10"),
        ("multicast", "ff00::/8"),
    )
)


def refusal_of_address(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """Return the reason why this address may not be called, or None when it may.

    `allowed` is the operator's allowlist of private networks (simulators, self-hosted shops); it opens everything but metadata.
    """
    if address in _METADATA:
        return "metadata"
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "link_local"
    if any(address in network for network in allowed):
        return None
    for reason, network in _DENIED:
        if address in network:
            return reason
    return None if address.is_global else "reserved"
