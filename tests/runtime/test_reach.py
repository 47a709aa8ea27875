"""Which step of reaching an exchange fails: over real sockets, plain and TLS."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.reach import UnreachableError, reach

Answer = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("ca")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(pem)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def serve(certificate: tuple[Path, Path]) -> Iterator[Callable[..., str]]:
    """Start an endpoint that gives each request the answer of a function; its host and port."""
    listeners: list[socket.socket] = []

    def start(answer: Answer, tls: bool = False) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def work() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                try:
                    connection = plain
                    if tls:
                        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                        context.load_cert_chain(*certificate)
                        connection = context.wrap_socket(plain, server_side=True)
                    with connection:
                        connection.sendall(answer(connection.recv(4096)))
                except OSError:
                    plain.close()

        threading.Thread(target=work, daemon=True).start()
        return f"localhost:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def clock(ahead_ms: float) -> Answer:
    def answer(request: bytes) -> bytes:
        assert request.startswith(b"GET /api/v3/time ")
        body = f'{{"serverTime":{time.time() * 1000 + ahead_ms:.0f}}}'.encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    return answer


def upgrade(request: bytes) -> bytes:
    assert b"Upgrade: websocket" in request
    return b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def test_the_clock_offset_is_measured_over_http_and_tls(
    serve: Callable[..., str], certificate: tuple[Path, Path]
) -> None:
    plain = reach(f"http://{serve(clock(5000))}")
    assert plain.clock_offset_ms == pytest.approx(5000, abs=150)
    secure = reach(f"https://{serve(clock(-5000), tls=True)}", str(certificate[0]))
    assert secure.clock_offset_ms == pytest.approx(-5000, abs=150)
    assert 0 < secure.took_ms < 4000


def test_a_socket_that_upgrades_is_reached(serve: Callable[..., str], certificate: tuple[Path, Path]) -> None:
    assert reach(f"ws://{serve(upgrade)}").clock_offset_ms is None
    assert reach(f"wss://{serve(upgrade, tls=True)}", str(certificate[0])).clock_offset_ms is None


def status(line: bytes) -> Answer:
    return lambda _: b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"451 Unavailable", "HTTP: status 451, not offered where this machine is"),
        (b"429 Slow", "HTTP: status 429, too many requests"),
        (b"503 Service Unavailable", "HTTP: status 503, Service Unavailable"),
        (b"200 OK", "HTTP: the answer is not an exchange's time"),
    ],
)
def test_a_refusal_says_why(serve: Callable[..., str], line: bytes, says: str) -> None:
    with pytest.raises(UnreachableError) as refused:
        reach(f"http://{serve(status(line))}")
    assert str(refused.value).startswith(says)


def test_each_step_is_named(serve: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    steps = {
        "DNS: ": "https://no-such-exchange.invalid",
        "TCP: ": f"http://127.0.0.1:{port}",
        "TLS: ": f"wss://{serve(upgrade, tls=True)}",  # its authority is not known here
        "HTTP: ": f"http://{serve(lambda _: b'what?')}",
    }
    for step, url in steps.items():
        with pytest.raises(UnreachableError) as refused:
            reach(url)
        assert str(refused.value).startswith(step), url
