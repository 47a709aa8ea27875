"""The default wss:// and https:// path over real TLS: a certificate that our CA signed works, any other is refused."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingest.connection import Connection, ConnectionLost
from ingest.feeds.base import FeedError
from ingest.ingestor import Ingestor
from ingest.rest import RestClient
from ingest.sim.server import SimExchange
from runtime.settings import load
from store import Store


def issue(folder: Path) -> tuple[Path, Path]:
    """A CA and, signed by it, a server certificate for 127.0.0.1; the paths of the CA and of the chain with its key."""

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = dt.datetime.now(dt.UTC)

    def build(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, serial: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), serial)
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
        )

    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        build("Test CA", "Test CA", ca_key, 1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(ca_id, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    server = (
        build("127.0.0.1", "Test CA", key, 2)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "server.pem").write_bytes(
        server.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "ca.pem", folder / "server.pem"


def test_the_feed_runs_over_tls_with_a_known_ca(tmp_path: Path, store: Store) -> None:
    ca_file, chain = issue(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with SimExchange(seed=3, rate=20, ssl_context=context) as exchange:
        assert exchange.ws_url.startswith("wss://")
        assert exchange.rest_url.startswith("https://")
        url = f"{exchange.ws_url}/stream?streams=btcusdt@trade"
        with pytest.raises(ConnectionLost, match=r"(?i)certificate"):
            Connection.open(url, timeout_s=5)
        with pytest.raises(FeedError, match="SSLError"):
            RestClient([exchange.rest_url]).get("/api/v3/time", {})
        settings = load(
            overrides={
                "feed.ws_url": exchange.ws_url, "feed.rest_url": exchange.rest_url, "feed.ca_file": str(ca_file),
                "feed.symbols": "BTCUSDT", "feed.fallback": "none", "feed.backfill_1m_minutes": 5,
            },
            environ={},
        )  # fmt: skip
        stop = threading.Event()
        thread = threading.Thread(target=Ingestor(settings, store, stop).run, daemon=True)
        thread.start()
        deadline_s = time.monotonic() + 15
        while store.live.read("binance:BTCUSDT").get("state") != "LIVE" or not len(
            store.bars.read("binance:BTCUSDT", "1m")
        ):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        stop.set()
        thread.join(5)
    assert store.ticks.length("binance:BTCUSDT") > 0
