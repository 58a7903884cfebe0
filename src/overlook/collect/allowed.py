"""Which addresses may be opened, and how long one waits for them: plain values and rules, nothing here connects.

A catalogue is somebody else's text. It must not be able to make this machine ask its own network, or read its own
files: server-side request forgery (OWASP; CWE-918). So only public addresses are opened, whatever name led to them.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

#: Prefixes of IPv6 that carry an IPv4 address in their last 32 bits: IPv4-compatible (RFC 4291), NAT64 (RFC 6052,
#: RFC 8215).
_CARRYING = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")))
#: Never a file's address, though Python calls them global: relays of 6to4 (RFC 7526) and site-local (RFC 3879).
_RELAYS = ipaddress.IPv4Network("192.88.99.0/24")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What a case allows beyond public addresses.

    `hosts`: "name" or "name:port" whose address may be private or this machine, in lower case. `folders`: local
    folders whose files may be read, those of local catalogues that the analyst named herself.
    """

    hosts: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()

    def has_host(self, host: str, port: int | None) -> bool:
        name = host.lower().strip("[]")
        return name in self.hosts or (port is not None and f"{name}:{port}" in self.hosts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one waits, in seconds, and how often one asks.

    Between two attempts passes a random part of `first_wait_s` doubled each time up to `longest_wait_s` ("full
    jitter", Brooker 2015, AWS Architecture Blog). A server's Retry-After is kept; one beyond `longest_retry_after_s`
    ends it. `deadline_s` bounds everything about one request. A body slower than
    `slowest_bytes_s` is given up, after `grace_s`.
    """

    attempts: int = 8
    connect_s: float = 10.0
    read_s: float = 30.0
    first_wait_s: float = 0.25
    longest_wait_s: float = 20.0
    longest_retry_after_s: float = 60.0
    deadline_s: float = 900.0
    slowest_bytes_s: float = 4000.0
    grace_s: float = 5.0


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, looked at through every form that can carry another.

    False for loopback, private, link-local (cloud metadata services too), shared (RFC 6598), multicast, reserved,
    documentation and unspecified addresses, and for text that is no address.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local or "%" in address:
            return False
        carried = _carried(ip)
        if carried is not None:
            return is_public(str(carried))
    elif ip in _RELAYS:
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_unspecified or ip.is_reserved or ip.is_loopback)


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if any(ip in network for network in _CARRYING):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
