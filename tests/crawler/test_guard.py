"""crawler.wire.guard: which addresses are open, and what a host's spelling means."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.wire.guard import NAMED, AddressGuard, AddressRefusedError, canonical_host, closed_because
from model import BadConfigurationError, BadUrlError, FailureKind, Stage

# What may never be connected to unless an operator says so, with why.
CLOSED = {
    "0.0.0.0": "this machine",
    "0.1.2.3": "this machine",
    "10.0.0.1": "private",
    "10.10.34.34": "private",  # injected in Iran
    "10.10.34.36": "private",
    "100.64.0.1": "carrier",
    "100.100.100.200": "carrier",  # Alibaba's metadata
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "metadata",
    "169.254.1.1": "link-local",
    "169.254.169.254": "metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.9": "protocol assignment",
    "192.0.0.192": "protocol assignment",  # Oracle's metadata
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::1%lo": "loopback",
    "::2": "IPv4-compatible",
    "::7f00:1": "IPv4-compatible",
    "::8.8.8.8": "IPv4-compatible",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "metadata",
    "::ffff:0:7f00:1": "never given out",  # SIIT, RFC 2765
    "64:ff9b::7f00:1": "NAT64 address of 127.0.0.1, a loopback",
    "64:ff9b::a9fe:a9fe": "NAT64 address of 169.254.169.254, a cloud metadata",
    "64:ff9b:1::7f00:1": "local NAT64",
    "64:ff9b:1:a00:0:100::": "local NAT64",
    "64:ff9b:2::1": "never given out",
    "100::1": "discard",
    "d0::11": "never given out",  # injected in Iran
    "2001::1": "Teredo address of 0.0.0.0",
    "2001:0:808:808:0:0:80ff:fffe": "Teredo address of 127.0.0.1, a loopback",
    "2001:0:a00:1:0:0:f7f7:f7f7": "Teredo address of 10.0.0.1, a private",
    "2001:2::1": "benchmarking",
    "2001:10::1": "ORCHID",
    "2001:20::1": "ORCHID",
    "2001:1::1": "protocol assignment",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4 address of 127.0.0.1, a loopback",
    "2002:a9fe:a9fe::1": "6to4 address of 169.254.169.254, a cloud metadata",
    "2002:c0a8:101::1": "6to4 address of 192.168.1.1, a private",
    "3ffe::1": "6bone",
    "3fff::1": "documentation",
    "4000::1": "never given out",
    "5f00::1": "never given out",
    "fc00::1": "private",
    "fd00:ec2::254": "metadata",
    "fd20:ce::254": "private",  # Google's metadata
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "multicast",
}
OPEN = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.15",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2002:808:808::1",
    "2001:0:808:808:0:0:fefe:fefe",
    "2a00:1450:4001::1",
    "3fff:1000::1",
]


@pytest.mark.parametrize(("address", "why"), CLOSED.items())
def test_closed_addresses_are_refused_and_it_is_said_why(address: str, why: str) -> None:
    with pytest.raises(AddressRefusedError) as caught:
        AddressGuard().check("news.example.org", 443, address)
    failure = caught.value.failure
    assert failure.kind is FailureKind.ADDRESS_REFUSED
    assert failure.kind.stage is Stage.ADDRESS
    assert why in failure.detail
    assert failure.detail.startswith("news.example.org leads to ")
    assert caught.value.address == address


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses_are_open(address: str) -> None:
    assert AddressGuard().check("news.example.org", 443, address) is None


# Where Python 3.11.7 calls an address global and we do not.
STRICTER = [
    ipaddress.ip_network(each)
    for each in (
        "168.63.129.16/32",  # Azure's metadata
        "192.0.0.0/24",  # 3.11 closes only parts of it; Oracle's metadata lies in it
        "192.88.99.0/24",  # retired relays
        "224.0.0.0/4",  # Python: «global» and «multicast» are two questions
        "::/3",  # of this only ::ffff:0:0/96 and 64:ff9b::/96 can be reached, judged by what is inside
        "2002::/16",  # judged by what is inside
        "2001::/23",  # newer Pythons open parts of it
        "3ffe::/16",
        "3fff::/20",
        "4000::/2",
        "8000::/1",
    )
]


@given(st.ip_addresses())
def test_where_python_and_we_disagree_we_are_the_stricter_and_it_is_listed(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    ours = closed_because(str(address)) is None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    theirs = (mapped or address).is_global
    if ours and not theirs:
        # The other way round only for a way to a public IPv4 address.
        assert address in ipaddress.ip_network("64:ff9b::/96") or address in ipaddress.ip_network("2001::/32")
    if theirs and not ours:
        assert any(address.version == net.version and address in net for net in STRICTER)


@given(st.ip_addresses(v=6, network="2000::/3") | st.ip_addresses(v=4))
def test_every_address_that_python_calls_private_is_closed(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if address.is_private and address not in ipaddress.ip_network("2001::/32"):
        assert closed_because(str(address)) is not None


@given(st.ip_addresses(v=4))
def test_however_an_ipv4_address_is_wrapped_it_is_judged_by_what_is_inside(
    inner: ipaddress.IPv4Address,
) -> None:
    number = int(inner)
    wrapped = [
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address(0x64FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
        ipaddress.IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | number ^ 0xFFFFFFFF),
    ]
    for address in wrapped:
        assert (closed_because(str(address)) is None) == (closed_because(str(inner)) is None), address


# --- what an operator opens


def test_an_allowed_range_opens_its_addresses_on_every_port_and_says_so() -> None:
    guard = AddressGuard(["10.1.0.0/16", "fd12::/16"])
    assert guard.check("a.example", 80, "10.1.2.3") == "in the allowed range 10.1.0.0/16"
    assert guard.check("b.example", 8080, "::ffff:10.1.2.3") == "in the allowed range 10.1.0.0/16"
    assert guard.check("c.example", 443, "fd12::1") == "in the allowed range fd12::/16"
    assert guard.check("d.example", 443, "8.8.8.8") is None
    for other in ["10.2.0.1", "127.0.0.1", "fd13::1", "64:ff9b::a01:203"]:
        with pytest.raises(AddressRefusedError):
            guard.check("a.example", 80, other)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "everything", "", "10.0.0.0/33"])
def test_a_range_that_is_none_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(BadConfigurationError, match="allowed_ranges"):
        AddressGuard([text])


def test_a_source_named_by_its_address_is_open_itself_and_nothing_beside_it() -> None:
    guard = AddressGuard(named=[("127.0.0.1", 8080)])
    assert guard.check("127.0.0.1", 8080, "127.0.0.1") == NAMED
    assert guard.check("2130706433", 8080, "127.0.0.1") == NAMED
    for host, port, address in [
        ("127.0.0.1", 8081, "127.0.0.1"),  # another port is another place
        ("127.0.0.2", 8080, "127.0.0.2"),
        ("127.0.0.1", 8080, "127.0.0.2"),
        ("evil.example", 8080, "127.0.0.1"),  # its own name for our address
        ("localhost", 8080, "127.0.0.1"),
        ("[::1]", 8080, "::1"),
        ("169.254.169.254", 8080, "169.254.169.254"),
    ]:
        with pytest.raises(AddressRefusedError):
            guard.check(host, port, address)


def test_a_source_named_by_a_bracketed_address_is_open() -> None:
    assert AddressGuard(named=[("[::1]", 80)]).check("::1", 80, "::1") == NAMED


def test_a_source_named_by_a_private_name_stays_where_it_was_first_found() -> None:
    guard = AddressGuard(named=[("News.Test", 80), ("localhost", 80)])
    assert guard.check("news.test", 80, "127.0.0.1") == NAMED
    assert guard.check("news.test", 80, "::1") == NAMED
    assert guard.check("NEWS.test.", 80, "127.0.0.1") == NAMED
    assert guard.check("localhost", 80, "127.0.0.1") == NAMED
    for address in ["127.0.0.2", "10.0.0.1", "169.254.169.254", "fd00:ec2::254"]:
        with pytest.raises(AddressRefusedError):
            guard.check("news.test", 80, address)
    with pytest.raises(AddressRefusedError):
        guard.check("news.test", 8080, "127.0.0.1")


def test_a_private_name_that_was_public_first_does_not_turn_private() -> None:
    guard = AddressGuard(named=[("wiki.corp", 80)])
    assert guard.check("wiki.corp", 80, "93.184.215.14") is None
    with pytest.raises(AddressRefusedError):
        guard.check("wiki.corp", 80, "10.0.0.5")


@pytest.mark.parametrize("address", ["10.10.34.34", "d0::11", "127.0.0.1"])
def test_naming_a_public_name_does_not_open_what_an_injected_answer_says(address: str) -> None:
    guard = AddressGuard(named=[("www.example.org", 443)])
    with pytest.raises(AddressRefusedError, match="allowed_ranges"):
        guard.check("www.example.org", 443, address)


def test_a_named_host_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(BadConfigurationError, match="named"):
        AddressGuard(named=[("a b", 80)])


# --- spelling


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "0X7F.0x0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "127.0x1",
        "１２７．０．０．１",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "%EF%BC%9127.0.0.1",
        "0x7f.0x.0x.0x1",
    ],
)
def test_every_spelling_of_loopback_is_loopback(spelling: str) -> None:
    assert canonical_host(spelling) == "127.0.0.1"
    assert closed_because(canonical_host(spelling)) is not None


@pytest.mark.parametrize(
    ("spelling", "host"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("a_b.example", "a_b.example"),
        ("r3---sn.example", "r3---sn.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("☃.example", "xn--n3h.example"),
        ("ex\u00adample.org", "example.org"),
        ("رادیو.example", "xn--mgbqe8g34a.example"),
        # The example of UTS 46 itself: ZERO WIDTH NON-JOINER is a letter of the name.
        ("نامه\u200cای.example", "xn--mgba3gch31f060k.example"),
        ("[::1]", "::1"),
        ("::FFFF:127.0.0.1", "::ffff:7f00:1"),
        ("[2001:DB8:0:0::1]", "2001:db8::1"),
        ("1.2.3.4.example", "1.2.3.4.example"),
        ("0xg.example", "0xg.example"),
        ("255.255.255.255", "255.255.255.255"),
        ("4294967295", "255.255.255.255"),
        ("0", "0.0.0.0"),
    ],
)
def test_a_host_becomes_what_a_browser_connects_to(spelling: str, host: str) -> None:
    assert canonical_host(spelling) == host


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        ".",
        "a..b",
        " ",
        "a b",
        "a/b",
        "a\\b",
        "a@b",
        "a%00b",
        "a%2fb",
        "a%",
        "a\r\nb",
        "℀.example",
        "256.0.0.1",
        "1.2.3.4.5",
        "4294967296",
        "09.0.0.1",
        "1.2.3.0x1g.5",
        "127.0.0.1..",
        "1_0.0.0.1_0.1",
        "foo.0x4",
        "[::1",
        "::1]",
        "[::1%lo]",
        "[::1%25lo]",
        "[127.0.0.1]",
        "[1:2]",
        "1:2",
        "%ff.example",
        "\ud800.example",
        "x" * 64 + ".example",
        "x." * 127 + "example",
        "9" * 5000,
        "x" * 100_000,
    ],
)
def test_what_no_browser_would_connect_to_is_no_host(spelling: str) -> None:
    with pytest.raises(BadUrlError):
        canonical_host(spelling)


@given(st.text(max_size=40) | st.from_regex(r"[0-9a-fx.%：。]{1,24}", fullmatch=True))
def test_any_text_is_a_host_or_is_refused_and_once_is_enough(text: str) -> None:
    try:
        host = canonical_host(text)
    except BadUrlError:
        return
    assert host.isascii()
    assert canonical_host(host) == host


def spelled(value: int, base: int) -> str:
    return {8: f"0{value:o}", 10: str(value), 16: f"0x{value:X}"}[base]


@given(
    st.ip_addresses(v=4), st.integers(1, 4), st.lists(st.sampled_from([8, 10, 16]), min_size=4, max_size=4)
)
def test_numbers_mean_what_the_c_library_says(
    address: ipaddress.IPv4Address, parts: int, bases: list[int]
) -> None:
    packed = address.packed
    numbers = [*packed[: parts - 1], int.from_bytes(packed[parts - 1 :])]
    spelling = ".".join(spelled(number, base) for number, base in zip(numbers, bases, strict=False))
    assert canonical_host(spelling) == str(address)
    assert socket.inet_aton(spelling) == packed


@given(st.ip_addresses(v=6))
def test_ipv6_literals_mean_the_same_address(address: ipaddress.IPv6Address) -> None:
    assert ipaddress.ip_address(canonical_host(f"[{address.exploded.upper()}]")) == address
