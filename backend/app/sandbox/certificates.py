"""A certificate authority of our own, for this directory only, and the server certificate that it signs."""

import datetime as dt
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.core.clock import utc_now

CA_FILE = "ca.pem"
_SERVER_FILE = "server.pem"
HOSTS = ("i.instagram.com", "b.i.instagram.com", "www.instagram.com", "graph.instagram.com", "graph.facebook.com")
_CA_LIFE = dt.timedelta(days=3650)
_SERVER_LIFE = dt.timedelta(days=825)


def ensure_certificates(directory: Path) -> tuple[Path, Path]:
    """Return (CA certificate, server certificate with key); both are made once and used again."""
    ca_file, server_file = directory / CA_FILE, directory / _SERVER_FILE
    if not (ca_file.exists() and server_file.exists() and _is_fresh(server_file)):
        _make(ca_file, server_file)
    return ca_file, server_file


def server_context(server_file: Path) -> ssl.SSLContext:
    """Return TLS 1.3 with HTTP/2 by ALPN, which the client's transport insists on (instagrapi PR #2783)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(server_file)
    context.set_alpn_protocols(["h2"])
    return context


def _is_fresh(server_file: Path) -> bool:
    certificate = x509.load_pem_x509_certificate(server_file.read_bytes())
    return certificate.not_valid_after_utc > utc_now() + dt.timedelta(days=30)


def _make(ca_file: Path, server_file: Path) -> None:
    ca_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TagBuy Monitor sandbox")])
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key(), _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])])
    server = (
        _builder(server_name, ca_name, server_key.public_key(), _SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectAlternativeName(_names(HOSTS)), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    key = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server_file.touch(mode=0o600)
    server_file.write_bytes(key + server.public_bytes(serialization.Encoding.PEM))
    # The CA's key is forgotten: nobody can sign another certificate for these names.
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: dt.timedelta
) -> x509.CertificateBuilder:
    now = utc_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + life)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.DNSName(host) for host in hosts]
