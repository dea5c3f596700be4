"""crawler.wire.tls, against Python's ssl on a real socket (tests/servers/tls_server.py)."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from OpenSSL import crypto
from servers.certificates import HOST, Certificates, Leaf, certificates
from servers.tls_server import PAGE, Instead, TlsServer

from crawler.wire.tls import SYSTEM_TRUST, TlsFailedError, TlsSession, TrustStore, openssl_context
from model import BadConfigurationError, FailureKind

REQUEST = b"GET / HTTP/1.1\r\nHost: news.test\r\n\r\n"
OLD = ssl.TLSVersion.TLSv1_2
NEW = ssl.TLSVersion.TLSv1_3


@pytest.fixture
def made() -> Certificates:
    return certificates()


def trust(**options: bool) -> TrustStore:
    return TrustStore(system=False, extra_ca_files=(certificates().ca_file,), **options)


def shake_hands(session: TlsSession, connection: socket.socket) -> None:
    session.start()
    while True:
        connection.sendall(session.take_ciphertext())
        if session.handshake_done:
            return
        data = connection.recv(65536)
        if not data:
            raise EOFError
        session.feed_ciphertext(data)


def fetch(session: TlsSession, server: TlsServer, host: str = "127.0.0.1") -> bytes:
    """Send one request and return all that comes until the peer closes."""
    with socket.create_connection((host, server.port), timeout=20) as connection:
        shake_hands(session, connection)
        session.write_plaintext(REQUEST)
        connection.sendall(session.take_ciphertext())
        received = session.read_plaintext()
        while data := connection.recv(1 << 18):
            session.feed_ciphertext(data)
            received += session.read_plaintext()
        return received


def refused(leaf: Leaf | Instead, name: str = HOST, **options: bool) -> TlsFailedError:
    with TlsServer(leaf) as server:
        with pytest.raises(TlsFailedError) as caught:
            fetch(TlsSession(name, trust=trust(), **options), server)
        assert server.requests == []
    return caught.value


# --- good


@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_good_server_is_verified_and_its_page_read(made: Certificates, version: ssl.TLSVersion) -> None:
    with TlsServer(made.good_chain, versions=(version, version)) as server:
        session = TlsSession(HOST, trust=trust())
        assert fetch(session, server) == PAGE
        assert server.requests == [REQUEST]
        assert server.server_names == [HOST]
        assert server.alpn == ["http/1.1"]
    facts = session.facts
    assert facts.verified
    assert (facts.verify_code, facts.verify_detail) == (None, None)
    assert facts.version == {OLD: "TLSv1.2", NEW: "TLSv1.3"}[version]
    assert facts.cipher is not None
    assert facts.chain == made.good_chain.der
    assert session.peer_closed


def test_a_subdomain_is_covered_by_a_wildcard_and_one_below_it_is_not(made: Certificates) -> None:
    with TlsServer(made.good) as server:
        assert fetch(TlsSession("www.news.test", trust=trust()), server) == PAGE
    assert refused(made.good, "a.b.news.test").failure.kind is FailureKind.TLS_CERTIFICATE_NAME


@pytest.mark.parametrize("literal", ["127.0.0.1", "::1", "[::1]"])
def test_an_address_is_checked_against_addresses_and_not_sent_as_a_name(
    made: Certificates, literal: str
) -> None:
    host = literal.strip("[]")
    with TlsServer(made.good, host=host) as server:
        assert fetch(TlsSession(literal, trust=trust()), server, host) == PAGE
        assert server.server_names == [None]


def test_another_address_than_the_certificates_is_refused(made: Certificates) -> None:
    error = refused(made.wrong_name, "127.0.0.1")
    assert (error.failure.kind, error.failure.verify_code) == (FailureKind.TLS_CERTIFICATE_NAME, 64)


def test_a_megabyte_arrives_whole_however_it_is_cut(made: Certificates) -> None:
    page = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(range(256)) * 8192
    with TlsServer(made.good, response=page) as server:
        assert fetch(TlsSession(HOST, trust=trust()), server) == page


def test_ciphertext_may_come_byte_by_byte(made: Certificates) -> None:
    with TlsServer(made.good) as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        session = TlsSession(HOST, trust=trust())
        session.start()
        connection.sendall(session.take_ciphertext())
        while not session.handshake_done:
            session.feed_ciphertext(connection.recv(1))
            connection.sendall(session.take_ciphertext())
        session.write_plaintext(REQUEST)
        connection.sendall(session.take_ciphertext())
        received = b""
        while data := connection.recv(1):
            session.feed_ciphertext(data)
            received += session.read_plaintext()
    assert received == PAGE


def test_a_close_without_close_notify_is_seen_to_be_one(made: Certificates) -> None:
    with TlsServer(made.good, close_notify=False) as server:
        session = TlsSession(HOST, trust=trust())
        assert fetch(session, server) == PAGE
        assert not session.peer_closed


def test_what_is_damaged_on_the_way_is_an_error_and_what_came_before_is_kept(made: Certificates) -> None:
    with (
        TlsServer(made.good, keep=True) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
    ):
        session = TlsSession(HOST, trust=trust())
        shake_hands(session, connection)
        session.write_plaintext(REQUEST)
        connection.sendall(session.take_ciphertext())
        received = session.read_plaintext()
        while PAGE not in received:
            session.feed_ciphertext(connection.recv(65536))
            received += session.read_plaintext()
        session.write_plaintext(REQUEST)
        connection.sendall(session.take_ciphertext())
        record = bytearray(connection.recv(65536))
        record[-1] ^= 1
        session.feed_ciphertext(record)
        with pytest.raises(TlsFailedError, match=r"bad record mac|decryption failed"):
            session.read_plaintext()


def test_our_close_notify_is_heard(made: Certificates) -> None:
    with (
        TlsServer(made.good, keep=True) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
    ):
        session = TlsSession(HOST, trust=trust())
        shake_hands(session, connection)
        session.close()
        connection.sendall(session.take_ciphertext())
        # The server reads the end of our sending and ends its own.
        while connection.recv(65536):
            pass


def test_nothing_can_be_said_before_the_handshake_is_done() -> None:
    session = TlsSession(HOST, trust=trust())
    session.start()
    with pytest.raises(RuntimeError, match="verified"):
        session.write_plaintext(REQUEST)
    assert session.read_plaintext() == b""
    assert not session.facts.verified


# --- refused certificates

BAD = {
    "expired": (FailureKind.TLS_CERTIFICATE_EXPIRED, 10),
    "wrong_name": (FailureKind.TLS_CERTIFICATE_NAME, 62),
    "only_common_name": (FailureKind.TLS_CERTIFICATE_NAME, 62),
    "self_signed": (FailureKind.TLS_CERTIFICATE_SELF_SIGNED, 18),
    "unknown_issuer": (FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER, 20),
    "unknown_root": (FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER, 19),
    "missing_intermediate": (FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER, 20),
    "not_yet_valid": (FailureKind.TLS_CERTIFICATE_INVALID, 9),
    "for_clients": (FailureKind.TLS_CERTIFICATE_INVALID, 26),
    "block_page": (FailureKind.TLS_CERTIFICATE_SELF_SIGNED, 18),
}


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize(("which", "expected"), BAD.items())
def test_each_bad_certificate_is_its_own_failure_and_its_chain_is_evidence(
    made: Certificates, which: str, expected: tuple[FailureKind, int], version: ssl.TLSVersion
) -> None:
    leaf = getattr(made, which)
    with TlsServer(leaf, versions=(version, version)) as server:
        session = TlsSession(HOST, trust=trust())
        with pytest.raises(TlsFailedError) as caught:
            fetch(session, server)
        assert server.requests == []
    failure, facts = caught.value.failure, caught.value.facts
    assert (failure.kind, failure.verify_code) == expected
    assert facts.chain == leaf.der
    assert facts.cipher is not None
    assert not facts.verified
    assert (facts.verify_code, facts.verify_detail) == (failure.verify_code, failure.detail)
    assert session.facts == facts
    assert not session.handshake_done
    with pytest.raises(RuntimeError):
        session.write_plaintext(REQUEST)


# OpenSSL still falls back to the common name where there is no subjectAltName; RFC 9525, 6.1, does not.
@pytest.mark.parametrize("which", sorted(BAD.keys() - {"only_common_name"}))
def test_openssl_itself_gives_the_same_code(made: Certificates, which: str) -> None:
    with TlsServer(getattr(made, which)) as server:
        command = (
            f"openssl s_client -connect 127.0.0.1:{server.port} -servername {HOST} -verify_hostname {HOST}"
        )
        options = (
            f"-no-CApath -no-CAstore -CAfile {made.ca_file} -purpose sslserver -verify_return_error -brief"
        )
        said = subprocess.run(
            f"{command} {options}".split(), input=b"", capture_output=True, timeout=60, check=False
        ).stderr.decode()
    assert f"num={BAD[which][1]}:" in said, said


def test_a_certificate_that_cannot_be_parsed_is_refused(made: Certificates) -> None:
    error = refused(made.garbled_names)
    assert error.failure.kind in {FailureKind.TLS_CERTIFICATE_NAME, FailureKind.TLS_CERTIFICATE_INVALID}
    assert error.facts.chain == made.garbled_names.der


def test_all_that_is_wrong_is_told_in_one_line(made: Certificates) -> None:
    detail = refused(made.block_page).failure.detail
    assert detail == (
        "the certificate of news.test (CN=filter.invalid) was refused: "
        "it is signed by itself; it has expired; it was issued for another name"
    )


@pytest.mark.parametrize("which", BAD)
def test_a_bad_certificate_that_the_operator_accepts_is_said_to_be_bad(
    made: Certificates, which: str
) -> None:
    with TlsServer(getattr(made, which)) as server:
        session = TlsSession(HOST, trust=trust(), accept_bad_certificate=True)
        assert fetch(session, server) == PAGE
        assert server.requests == [REQUEST]
    assert not session.facts.verified
    assert session.facts.verify_code == BAD[which][1]
    assert session.facts.verify_detail


def test_a_good_certificate_where_a_bad_one_would_be_accepted_is_said_to_be_good(made: Certificates) -> None:
    with TlsServer(made.good) as server:
        session = TlsSession(HOST, trust=trust(), accept_bad_certificate=True)
        fetch(session, server)
    assert session.facts.verified


def test_one_sessions_faults_are_not_anothers(made: Certificates) -> None:
    # They share an OpenSSL context, and with it the callback.
    with TlsServer(made.good) as good, TlsServer(made.self_signed) as bad:
        for _ in range(3):
            with pytest.raises(TlsFailedError):
                fetch(TlsSession(HOST, trust=trust()), bad)
            session = TlsSession(HOST, trust=trust())
            assert fetch(session, good) == PAGE
            assert session.facts.verified


def test_by_default_the_machines_authorities_are_trusted_and_no_test_authority(made: Certificates) -> None:
    with TlsServer(made.good) as server:
        with pytest.raises(TlsFailedError) as caught:
            fetch(TlsSession(HOST), server)
        assert server.requests == []
    assert caught.value.failure.kind is FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER


def test_the_machines_authorities_are_found_where_debian_keeps_them() -> None:
    # cryptography brings an OpenSSL of its own, built to look elsewhere.
    root = Path("/etc/ssl/certs/ISRG_Root_X1.pem")
    if not root.exists():
        pytest.fail("no authorities: apt-get install -y --no-install-recommends ca-certificates")
    store = openssl_context(SYSTEM_TRUST).get_cert_store()
    assert store is not None
    certificate = crypto.X509.from_cryptography(x509.load_pem_x509_certificate(root.read_bytes()))
    crypto.X509StoreContext(store, certificate).verify_certificate()


def test_a_file_of_authorities_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing", encoding="ascii")
    for path in (empty, tmp_path / "absent.pem"):
        with pytest.raises(BadConfigurationError, match="extra_ca_files"):
            TlsSession(HOST, trust=TrustStore(extra_ca_files=(path,)))


# --- no handshake


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        (Instead.PLAINTEXT, "wrong version number|packet length too long|http"),
        (Instead.ALERT, "unrecognized name"),
        (Instead.NONSENSE, "."),
    ],
)
def test_what_is_no_handshake_is_told_in_openssls_words(instead: Instead, words: str) -> None:
    error = refused(instead)
    assert error.failure.kind is FailureKind.TLS_HANDSHAKE
    with pytest.raises(TlsFailedError, match=words):
        raise error
    assert error.facts.chain == ()
    assert error.facts.version is None
    assert not error.facts.verified


def test_a_fin_and_a_reset_are_the_callers_to_tell() -> None:
    with TlsServer(Instead.FIN) as server, pytest.raises(EOFError):
        fetch(TlsSession(HOST, trust=trust()), server)
    with TlsServer(Instead.RESET) as server, pytest.raises(ConnectionResetError):
        fetch(TlsSession(HOST, trust=trust()), server)
    assert server.hellos[0][:1] == b"\x16"


def test_silence_after_the_hello_leaves_the_session_waiting() -> None:
    with (
        TlsServer(Instead.SILENCE) as server,
        socket.create_connection(("127.0.0.1", server.port)) as connection,
    ):
        session = TlsSession(HOST, trust=trust())
        session.start()
        connection.sendall(session.take_ciphertext())
        session.feed_ciphertext(b"")
        assert session.take_ciphertext() == b""
        assert not session.handshake_done


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused_unless_the_operator_allows_it(
    made: Certificates, version: ssl.TLSVersion
) -> None:
    process, port = openssl_server(made.good, "-tls1" if version is ssl.TLSVersion.TLSv1 else "-tls1_1")
    try:
        with (
            pytest.raises(TlsFailedError) as caught,
            socket.create_connection(("127.0.0.1", port)) as connection,
        ):
            shake_hands(TlsSession(HOST, trust=trust()), connection)
        assert caught.value.failure.kind is FailureKind.TLS_HANDSHAKE
        with socket.create_connection(("127.0.0.1", port)) as connection:
            session = TlsSession(HOST, trust=trust(old_tls=True))
            shake_hands(session, connection)
            assert session.facts.verified
            assert session.facts.version in {"TLSv1", "TLSv1.1"}
    finally:
        process.terminate()
        process.communicate()


def openssl_server(leaf: Leaf, option: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start ``openssl s_server`` on a free port and wait until it listens."""
    process = subprocess.Popen(
        (
            f"openssl s_server -accept 127.0.0.1:0 -cert {leaf.chain} -key {leaf.key} -www "
            f"-cipher DEFAULT:@SECLEVEL=0 {option}"
        ).split(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"ACCEPT"):
            return process, int(line.rsplit(b":", 1)[1])
    raise AssertionError(process.communicate())
