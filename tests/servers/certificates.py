"""A certificate authority for tests, and certificates that are good or bad in one way each.

``certificates()`` makes them once a process, in a temporary folder; EC keys, so it takes milliseconds.
"""

from __future__ import annotations

import atexit
import ipaddress
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "news.test"
"""The name that every good certificate is for, beside ``localhost``, 127.0.0.1 and ::1."""
PUBLIC_HOST = "news.example"
"""A name that, unlike ``HOST``, is no private one: no operator's word opens private addresses to it."""
NAMES = (HOST, f"*.{HOST}", PUBLIC_HOST, "localhost", "127.0.0.1", "::1")

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, in memory."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Leaf:
    """What a server needs: the chain it sends (PEM, leaf first) and the leaf's key."""

    chain: Path
    key: Path
    der: tuple[bytes, ...]
    """The chain in DER, leaf first."""


class Certificates:
    """One authority that clients trust (``ca_file``), and leaves by what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        root = issue("Test Root", None, is_ca=True)
        middle = issue("Test Intermediate", root, is_ca=True)
        stranger = issue("Unknown Root", None, is_ca=True)
        now = datetime.now(UTC)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(_pem(root.certificate))
        self.good = self._leaf("good", issue(HOST, root, names=NAMES))
        self.good_chain = self._leaf("good-chain", issue(HOST, middle, names=NAMES), middle)
        self.missing_intermediate = self._leaf("missing", issue(HOST, middle, names=NAMES))
        self.expired = self._leaf(
            "expired", issue(HOST, root, names=NAMES, valid=(now - 90 * _DAY, now - 30 * _DAY))
        )
        self.not_yet_valid = self._leaf(
            "future", issue(HOST, root, names=NAMES, valid=(now + 30 * _DAY, now + 90 * _DAY))
        )
        self.wrong_name = self._leaf(
            "wrong-name", issue("other.test", root, names=("other.test", "192.0.2.1"))
        )
        self.only_common_name = self._leaf("only-cn", issue(HOST, root))
        self.self_signed = self._leaf("self-signed", issue(HOST, None, names=NAMES))
        self.unknown_issuer = self._leaf("unknown", issue(HOST, stranger, names=NAMES))
        self.unknown_root = self._leaf("unknown-root", issue(HOST, stranger, names=NAMES), stranger)
        self.for_clients = self._leaf("client", issue(HOST, root, names=NAMES, server=False))
        self.garbled_names = self._leaf("garbled", issue(HOST, root, names=NAMES, garbled=True))
        self.block_page = self._leaf(
            "block-page",
            issue(
                "filter.invalid", None, names=("filter.invalid",), valid=(now - 90 * _DAY, now - 30 * _DAY)
            ),
        )
        """Wrong in three ways at once, as those of middleboxes are."""

    def _leaf(self, name: str, leaf: Issued, *above: Issued) -> Leaf:
        chain = self._folder / f"{name}.pem"
        key = self._folder / f"{name}.key"
        sent = [leaf.certificate, *(each.certificate for each in above)]
        chain.write_bytes(b"".join(_pem(each) for each in sent))
        key.write_bytes(
            leaf.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Leaf(chain, key, tuple(each.public_bytes(serialization.Encoding.DER) for each in sent))


@cache
def certificates() -> Certificates:
    """Return the certificates of this process."""
    folder = tempfile.TemporaryDirectory(prefix="certificates-")
    atexit.register(folder.cleanup)
    return Certificates(Path(folder.name))


def issue(
    common_name: str,
    issuer: Issued | None,
    *,
    names: Sequence[str] = (),
    is_ca: bool = False,
    server: bool = True,
    valid: tuple[datetime, datetime] | None = None,
    garbled: bool = False,
) -> Issued:
    """Return a certificate signed by ``issuer``, by itself when there is none."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    signer = issuer.key if issuer else key
    now = datetime.now(UTC)
    begins, ends = valid or (now - _DAY, now + 30 * _DAY)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if garbled:
        # An x400Address before the name: OpenSSL reads past it, cryptography raises.
        names_oid = x509.SubjectAlternativeName.oid
        builder = builder.add_extension(
            x509.UnrecognizedExtension(names_oid, b"\x30\x0d\xa3\x00\x82\x09news.test"), critical=False
        )
    elif names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
    if is_ca:
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    else:
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
