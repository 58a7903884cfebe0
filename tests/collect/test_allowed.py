"""Which addresses are opened: public ones, whatever form they are written in, and what the case allows."""

import ipaddress
import sys
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.collect import Allowed, stripped
from overlook.collect.allowed import is_public
from overlook.collect.outside.hrefs import address, authorization, redirected
from overlook.errors import FetchError

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "192.88.99.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("ip", INSIDE)
def test_what_is_not_of_the_public_internet_is_not_opened(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "52.218.0.1", "2600:1f18::1", "2a00:1450:4001::1"])
def test_public_addresses_are(ip: str) -> None:
    assert is_public(ip)


PRIVATE = st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "172.16.0.0/12"]).flatmap(
    lambda net: st.ip_addresses(network=net)
)


@given(PRIVATE)
def test_no_form_of_ipv6_hides_a_private_address(ip: ipaddress.IPv4Address) -> None:
    number = int(ip)
    forms = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),  # mapped
        ipaddress.IPv6Address(number),  # compatible
        ipaddress.IPv6Address((0x64FF9B << 96) | number),  # NAT64
        ipaddress.IPv6Address((0x64FF9B0001 << 80) | number),  # local-use NAT64
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),  # 6to4
        ipaddress.IPv6Address((0x20010000 << 96) | (0x0808_0808 << 64) | (number ^ 0xFFFFFFFF)),  # Teredo's client
    ]
    assert not any(is_public(str(form)) for form in forms)


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "etc/passwd",
        "C:\\Windows\\win.ini",
        "\\\\server\\share\\x.tif",
        "file://server/share/x.tif",
        "ftp://example.org/x.tif",
        "gopher://example.org/x",
        "javascript:alert(1)",
        "data:image/tiff;base64,SUkqAA==",
        "http://user:word@example.org/x.tif",
        "https://user@example.org/x.tif",
        "http://",
        "http:///x.tif",
        "http://exa mple.org/x.tif",
        "http://example.org:99999/x",
        "https://example.org/\r\nX-Evil: 1",
        "s3://Bucket_/x.tif",
        "s3://bucket@evil.example/x.tif",
        "s3://bucket/",
        "s3://bucket/a/../../b",
        "https://" + "a" * 5000,
        "",
    ],
)
def test_addresses_that_are_refused_as_they_are_written(href: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        address(href, Allowed(hosts=("example.org",), folders=(tmp_path,)))
    assert caught.value.code == "E-FETCH-ADDRESS"
    assert "word" not in str(caught.value)


def test_files_of_a_folder_that_was_named_may_be_read_and_no_others(tmp_path: Path) -> None:
    inside, outside = tmp_path / "catalogue", tmp_path / "other"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.tif").write_bytes(b"x")
    (inside / "link.tif").symlink_to(outside / "a.tif")
    allowed = Allowed(folders=(inside,))
    assert address(str(inside / "a.tif"), allowed).scheme == "file"
    assert address((inside / "a.tif").as_uri(), allowed).scheme == "file"
    for refused in (outside / "a.tif", inside / "link.tif", inside / ".." / "other" / "a.tif"):
        with pytest.raises(FetchError):
            address(str(refused), allowed)


def test_a_host_is_allowed_by_its_name_or_with_its_port() -> None:
    allowed = Allowed(hosts=("minio.lan:9000", "localhost"))
    assert allowed.has_host("MINIO.lan", 9000)
    assert allowed.has_host("localhost", 1234)
    assert not allowed.has_host("minio.lan", 9001)
    assert not allowed.has_host("evil.minio.lan", 9000)


def test_names_with_spaces_are_asked_for_as_the_web_writes_them() -> None:
    assert address("https://example.org/a b.tif?x=1", Allowed()).href == "https://example.org/a%20b.tif?x=1"


@pytest.mark.parametrize(
    ("start", "to"),
    [
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example/x", "file:///etc/passwd"),
        ("http://a.example/x", "ftp://a.example/x"),
        ("http://a.example/x", "s3://bucket/key"),
        ("http://a.example/x", "//user:word@b.example/x"),
    ],
)
def test_where_a_server_may_not_send_anybody(start: str, to: str) -> None:
    with pytest.raises(FetchError):
        redirected(address(start, Allowed()), to, Allowed())


def test_a_redirect_may_be_relative_and_may_gain_encryption() -> None:
    start = address("http://a.example/dir/x", Allowed())
    assert redirected(start, "../y", Allowed()).href == "http://a.example/y"
    assert redirected(start, "https://b.example/z", Allowed()).scheme == "https"


@given(st.from_regex(r"[A-Za-z0-9]{12,24}", fullmatch=True))
def test_nothing_of_a_query_or_of_credentials_is_kept(secret: str) -> None:
    for href in (
        f"https://a.example/x.tif?sig={secret}&se=1#{secret}",
        f"https://u:{secret}@a.example/x.tif",
        f"https://a.example:bad/x?{secret}",
        f"s3://bucket/key?{secret}",
    ):
        assert secret not in stripped(href)


def test_a_credential_is_for_its_own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERLOOK_AUTHORIZATION_API_PLANET_COM", "api-key abc")
    assert authorization("api.planet.com") == "api-key abc"
    assert authorization("planet.com") == ""
    monkeypatch.setenv("OVERLOOK_AUTHORIZATION_API_PLANET_COM", "api-key abc\r\nX: y")
    assert authorization("api.planet.com") == ""


def test_a_keyring_is_asked_where_the_environment_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("overlook", "a.example"): "Bearer k"}
    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_password=lambda *key: held.get(key)))
    assert authorization("a.example") == "Bearer k"
    assert authorization("b.example") == ""
    monkeypatch.setenv("OVERLOOK_AUTHORIZATION_A_EXAMPLE", "Bearer e")
    assert authorization("a.example") == "Bearer e"
