"""A TLS client session without input or output: ciphertext in, plaintext out, and what the handshake showed.

The handshake runs over OpenSSL's memory BIOs (pyOpenSSL). A verify callback lets it finish although the
chain does not verify, because only then OpenSSL keeps the chain the server sent, and that chain is the
evidence of an interception. It is judged before anything is said: until :attr:`TlsSession.handshake_done`
not one byte of plaintext can be written (RFC 9110, 4.3.4: the certificate is verified before the request).

Only ``http/1.1`` is offered (RFC 7301): HTTP/2 has no wire form that a WARC record can hold. Sessions are
never resumed: a resumed handshake carries no certificates (RFC 8446, 2.2), so it would prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import service_identity
from cryptography import x509
from OpenSSL import SSL, crypto
from service_identity import pyopenssl as identity

from crawler.wire.hosts import is_address
from crawler.wire.stage import StageFailedError
from model import BadConfigurationError, Failure, FailureKind, TlsFacts

if TYPE_CHECKING:
    from pathlib import Path

# A TLS record holds at most 16 KiB of plaintext (RFC 8446, 5.1): one read a record.
_RECORD_BYTES: Final = 1 << 14
_CIPHERTEXT_BYTES: Final = 1 << 16

# X509_V_ERR_* (openssl/x509_vfy.h): numbers are part of OpenSSL's binary interface.
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_SELF_SIGNED: Final = 18
_HOST_MISMATCH: Final = 62
_IP_MISMATCH: Final = 64

# What cryptography raises of a certificate that cannot be parsed; the peer may send any bytes.
_UNREADABLE: Final = (
    ValueError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)

_TEXTS: Final = {
    2: "the issuer's certificate is missing",
    7: "a signature is wrong",
    _NOT_YET_VALID: "it is not valid yet",
    _EXPIRED: "it has expired",
    _SELF_SIGNED: "it is signed by itself",
    19: "its chain ends in a root that is not trusted here",
    20: "its issuer is not known here",
    21: "its issuer is not known here",
    24: "a certificate of the chain may not issue certificates",
    26: "it was not issued for servers",
    66: "its key is too weak",
    67: "a key in its chain is too weak",
    68: "a signature in its chain is too weak",
    _HOST_MISMATCH: "it was issued for another name",
    _IP_MISMATCH: "it was issued for another address",
}

_KINDS: Final = {
    2: FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER,
    _EXPIRED: FailureKind.TLS_CERTIFICATE_EXPIRED,
    _SELF_SIGNED: FailureKind.TLS_CERTIFICATE_SELF_SIGNED,
    19: FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER,
    20: FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER,
    21: FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER,
    _HOST_MISMATCH: FailureKind.TLS_CERTIFICATE_NAME,
    _IP_MISMATCH: FailureKind.TLS_CERTIFICATE_NAME,
}

# Where several things are wrong, the failure names the one that says most about who answered; browsers
# rank alike (authority before name before date). The others stand in the detail.
_RANK: Final = (
    FailureKind.TLS_CERTIFICATE_SELF_SIGNED,
    FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER,
    FailureKind.TLS_CERTIFICATE_INVALID,
    FailureKind.TLS_CERTIFICATE_NAME,
    FailureKind.TLS_CERTIFICATE_EXPIRED,
)


class TlsFailedError(StageFailedError):
    """The handshake failed, or the certificate was refused; ``facts`` is what was seen till then."""

    def __init__(self, failure: Failure, facts: TlsFacts) -> None:
        super().__init__(failure)
        self.facts = facts


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """Whom to trust and how old a protocol to speak; equal ones share one OpenSSL context."""

    system: bool = True
    """Trust the certificate authorities of this machine."""
    extra_ca_files: tuple[Path, ...] = ()
    """PEM files of further authorities."""
    old_tls: bool = False
    """Also speak TLS 1.0 and 1.1 with the ciphers of their day (RFC 8996 deprecates both)."""


SYSTEM_TRUST: Final = TrustStore()


@dataclass(frozen=True, slots=True)
class _Fault:
    """One thing that is wrong with a chain."""

    code: int
    depth: int
    subject: str

    @property
    def kind(self) -> FailureKind:
        return _KINDS.get(self.code, FailureKind.TLS_CERTIFICATE_INVALID)

    @property
    def text(self) -> str:
        told = _TEXTS.get(self.code, f"OpenSSL refuses it with code {self.code}")
        where = f" ({self.subject} above it)" if self.depth else ""
        return told + where


@lru_cache(maxsize=16)
def openssl_context(trust: TrustStore) -> SSL.Context:
    """Return the context that all sessions with this trust share."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if trust.old_tls:
        # OpenSSL 3 refuses the signatures of TLS 1.1 and older above security level 0.
        context.set_min_proto_version(SSL.TLS1_VERSION)
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    else:
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_alpn_protos([b"http/1.1"])
    context.set_verify(SSL.VERIFY_PEER, _note_fault)
    if trust.system:
        context.set_default_verify_paths()
    for path in trust.extra_ca_files:
        try:
            context.load_verify_locations(str(path))
        except SSL.Error as error:
            raise BadConfigurationError(
                "extra_ca_files", f"{path} holds no certificates that can be read"
            ) from error
    return context


def _note_fault(
    connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, passed: int
) -> bool:
    """Keep what OpenSSL found and let the handshake go on; the session judges at its end."""
    if not passed:
        faults: list[_Fault] = connection.get_app_data()
        faults.append(_Fault(code, depth, _name_of(certificate)))
    return True


def _name_of(certificate: crypto.X509) -> str:
    """Return the subject for a person: bounded and free of control characters (the peer wrote it)."""
    try:
        subject = certificate.to_cryptography().subject.rfc4514_string()
    except _UNREADABLE:
        return "an unreadable name"
    return "".join(letter if letter.isprintable() else "?" for letter in subject[:200]) or "no name"


class TlsSession:
    """The client's side of one TLS connection, over bytes that the caller carries.

    Call :meth:`start`, send :meth:`take_ciphertext`, feed what arrives, until :attr:`handshake_done`.
    After every :meth:`feed_ciphertext` and :meth:`write_plaintext` there may be ciphertext to take.
    """

    __slots__ = ("_accept", "_connection", "_done", "_faults", "_host", "_is_address", "_peer_closed")

    def __init__(
        self,
        server_hostname: str,
        *,
        accept_bad_certificate: bool = False,
        trust: TrustStore = SYSTEM_TRUST,
        nameless: bool = False,
    ) -> None:
        """Prepare a session with ``server_hostname``: a name in ASCII form or an IP address.

        ``nameless``: the name is checked, but not sent. ``BadConfigurationError`` when a file of ``trust``
        cannot be read.
        """
        self._host = server_hostname.strip("[]").removesuffix(".")
        self._is_address = is_address(self._host)
        self._accept = accept_bad_certificate
        self._faults: list[_Fault] = []
        self._done = False
        self._peer_closed = False
        self._connection = SSL.Connection(openssl_context(trust), None)
        self._connection.set_app_data(self._faults)
        self._connection.set_connect_state()
        if not self._is_address and not nameless:
            # Literal addresses are not permitted in SNI (RFC 6066, 3).
            self._connection.set_tlsext_host_name(self._host.encode("ascii"))

    @property
    def handshake_done(self) -> bool:
        """True once the peer proved who it is (or its bad certificate was accepted)."""
        return self._done

    @property
    def peer_closed(self) -> bool:
        """True once the peer said that nothing more comes (close_notify; RFC 8446, 6.1)."""
        return self._peer_closed

    @property
    def facts(self) -> TlsFacts:
        """What the handshake has shown so far."""
        connection = self._connection
        chain = tuple(
            crypto.dump_certificate(crypto.FILETYPE_ASN1, each)
            for each in connection.get_peer_cert_chain() or ()
        )
        cipher = connection.get_cipher_name()
        worst = self._worst()
        return TlsFacts(
            version=connection.get_protocol_version_name() if cipher else None,
            cipher=cipher,
            chain=chain,
            verified=self._done and worst is None,
            verify_code=worst.code if worst else None,
            verify_detail=self._told() if worst else None,
        )

    def start(self) -> None:
        """Make the ClientHello; take it with :meth:`take_ciphertext`."""
        self._shake_hands()

    def feed_ciphertext(self, data: bytes | bytearray | memoryview) -> None:
        """Take what arrived, and go on with the handshake while it lasts.

        ``TlsFailedError`` when the handshake fails or the certificate is refused; nothing was said then.
        """
        if data:
            self._connection.bio_write(data)
        if not self._done:
            self._shake_hands()

    def read_plaintext(self) -> bytes:
        """Return everything that can be decrypted now; empty when nothing can.

        ``TlsFailedError`` when the peer sent an alert or a damaged record; what came whole before it is
        returned first, and the error is raised by the next call.
        """
        if not self._done or self._peer_closed:
            return b""
        parts: list[bytes] = []
        receive = self._connection.recv
        try:
            while True:
                parts.append(receive(_RECORD_BYTES))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self._peer_closed = True
        except SSL.Error as error:
            if not parts:
                raise self._handshake_failure(error) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write_plaintext(self, data: bytes) -> None:
        """Encrypt ``data``; take the result with :meth:`take_ciphertext`."""
        if not self._done:
            raise RuntimeError("nothing may be said before the peer is verified")
        if data:
            self._connection.sendall(data)

    def close(self) -> None:
        """Say that nothing more comes (close_notify); take it with :meth:`take_ciphertext`."""
        if self._done:
            try:
                self._connection.shutdown()
            except SSL.Error:
                # The session failed before: OpenSSL then has nothing to say to the peer.
                return

    def take_ciphertext(self) -> bytes:
        """Return what is to be sent to the peer; empty when nothing is."""
        parts: list[bytes] = []
        try:
            while True:
                parts.append(self._connection.bio_read(_CIPHERTEXT_BYTES))
        except SSL.WantReadError:
            return parts[0] if len(parts) == 1 else b"".join(parts)

    def _shake_hands(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise self._handshake_failure(error) from error
        self._check_name()
        worst = self._worst()
        if worst is not None and not self._accept:
            failure = Failure(kind=worst.kind, detail=self._told(), verify_code=worst.code)
            raise TlsFailedError(failure, self.facts)
        self._done = True

    def _check_name(self) -> None:
        certificate = self._connection.get_peer_certificate()
        if certificate is None:
            # Cannot happen with the cipher suites of TLS 1.2 and 1.3 that are on by default.
            self._faults.append(_Fault(1, 0, "no certificate"))
            return
        code = _IP_MISMATCH if self._is_address else _HOST_MISMATCH
        try:
            if self._is_address:
                identity.verify_ip_address(self._connection, self._host)
            else:
                identity.verify_hostname(self._connection, self._host)
        except (service_identity.VerificationError, service_identity.CertificateError, *_UNREADABLE):
            # CertificateError: no subjectAltName at all (a common name is no name: RFC 9525, 6.1).
            self._faults.append(_Fault(code, 0, _name_of(certificate)))

    def _worst(self) -> _Fault | None:
        return min(self._faults, key=lambda fault: _RANK.index(fault.kind), default=None)

    def _told(self) -> str:
        """Return one line: whose certificate it is, who issued it, and everything that is wrong."""
        worst = self._worst()
        certificate = self._connection.get_peer_certificate()
        if worst is None or certificate is None:
            return "no certificate came"
        texts = dict.fromkeys([worst.text, *(fault.text for fault in self._faults)])
        return f"the certificate of {self._host} ({_name_of(certificate)}) was refused: {'; '.join(texts)}"

    def _handshake_failure(self, error: SSL.Error) -> TlsFailedError:
        failure = Failure(kind=FailureKind.TLS_HANDSHAKE, detail=f"{self._host}: {_reason(error)}")
        return TlsFailedError(failure, self.facts)


def _reason(error: SSL.Error) -> str:
    """Return OpenSSL's own words: ``wrong version number``, ``ssl/tls alert handshake failure``."""
    if error.args and isinstance(error.args[0], list):
        reasons = [str(entry[-1]) for entry in error.args[0] if entry[-1]]
        if reasons:
            return "; ".join(dict.fromkeys(reasons))
    return str(error) or type(error).__name__
