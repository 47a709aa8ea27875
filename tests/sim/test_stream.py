"""The stream over a real socket: shapes, subscriptions, pings, limits and the end of a connection."""

import json
import ssl
import time

import pytest
import websocket
from websocket import ABNF

from ingest.sim.server import SimExchange


def test_combined_envelope_and_payload(connect, sim):
    client = connect("btcusdt@trade", "ethusdt@trade")
    message = client.next()
    data = message["data"]
    assert message["stream"] == f"{data['s'].lower()}@trade"
    assert list(data) == ["e", "E", "s", "t", "p", "q", "T", "m", "M"]
    assert data["e"] == "trade"
    assert data["M"] is True
    assert [len(data[key].partition(".")[2]) for key in "pq"] == [8, 8]
    assert 0 <= data["E"] - data["T"] < 5000
    assert abs(time.time() * 1000 - data["E"]) < 5000


def test_raw_shape(connect):
    assert connect(path="/ws/btcusdt@trade").next()["s"] == "BTCUSDT"


def test_stream_is_what_rest_tells(connect, sim):
    sent = connect("btcusdt@trade").trades(300)
    ids = [trade["t"] for trade in sent]
    assert ids == list(range(ids[0], ids[0] + 300))
    _, told, _ = sim.get(f"historicalTrades?symbol=BTCUSDT&fromId={ids[0]}&limit=300")
    assert [(t["id"], t["price"], t["qty"], t["time"], t["isBuyerMaker"]) for t in told] == [
        (t["t"], t["p"], t["q"], t["T"], t["m"]) for t in sent
    ]


def test_subscribe_at_run_time(connect):
    client = connect(path="/ws")
    client.send({"method": "SUBSCRIBE", "params": ["ethusdt@trade", "mispelt@trade", "ethusdt@depth"], "id": 1})
    assert client.next() == {"result": None, "id": 1}
    assert client.trades(1)[0]["s"] == "ETHUSDT"
    client.send({"method": "LIST_SUBSCRIPTIONS", "id": 2})
    assert client.until(lambda m: m.get("id") == 2)["result"] == ["ethusdt@trade", "mispelt@trade", "ethusdt@depth"]
    client.send({"method": "UNSUBSCRIBE", "params": ["ethusdt@trade"], "id": 3})
    client.until(lambda m: m.get("id") == 3)
    client.socket.settimeout(0.5)
    with pytest.raises(websocket.WebSocketTimeoutException):
        client.next()


def test_only_lowercase_streams_flow(connect):
    client = connect("BTCUSDT@trade", "ethusdt@trade")
    assert {trade["s"] for trade in client.trades(30)} == {"ETHUSDT"}


@pytest.mark.parametrize(("text", "code"), [("{oops", 3), ('{"method":"NOPE","id":1}', 2)])
def test_error_codes(connect, text, code):
    client = connect(path="/ws")
    client.socket.send(text)
    assert client.next()["code"] == code


def test_more_than_five_messages_a_second_end_the_connection(connect):
    client = connect(path="/ws")
    for _ in range(6):
        client.socket.ping("x")
    frames = [client.socket.recv_frame() for _ in range(6)]
    assert [frame.opcode for frame in frames] == [ABNF.OPCODE_PONG] * 5 + [ABNF.OPCODE_CLOSE]
    assert int.from_bytes(frames[-1].data[:2], "big") == 1008


def test_more_than_1024_streams_are_refused(sim):
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(f"{sim.ws_url}/stream?streams=" + "/".join(f"s{i}" for i in range(1025)), timeout=5)


def open_socket(sim):
    return websocket.create_connection(f"{sim.ws_url}/ws", timeout=5)


def test_server_pings_and_wants_the_same_back():
    with SimExchange(seed=1, rate=1, ping_interval_s=0.25) as sim:
        polite, mute, wrong = (open_socket(sim) for _ in range(3))
        ends, started = {}, time.monotonic()
        for _ in range(5):
            frame = polite.recv_frame()
            assert frame.opcode == ABNF.OPCODE_PING
            assert int(frame.data) == pytest.approx(time.time() * 1000, abs=5000)
            polite.pong(frame.data)
        wrong.pong("something else")
        for name, socket in (("mute", mute), ("wrong", wrong)):
            while (frame := socket.recv_frame()).opcode == ABNF.OPCODE_PING:
                pass
            ends[name] = int.from_bytes(frame.data[:2], "big")
        assert ends == {"mute": 1008, "wrong": 1008}
        assert 0.75 < time.monotonic() - started < 10
        polite.recv_frame()  # still open


def test_connection_ends_after_its_lifetime():
    with SimExchange(seed=1, rate=1, lifetime_s=0.3) as sim:
        started = time.monotonic()
        frame = open_socket(sim).recv_frame()
        assert frame.opcode == ABNF.OPCODE_CLOSE
        assert int.from_bytes(frame.data[:2], "big") == 1001
        assert 0.2 < time.monotonic() - started < 5


def test_client_may_close(connect, sim):
    client = connect("btcusdt@trade")
    client.trades(1)
    assert sim.venue.connections
    client.socket.close()
    deadline = time.monotonic() + 3
    while sim.venue.connections and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not sim.venue.connections


def test_tls(tmp_path):
    pytest.importorskip("cryptography")
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with SimExchange(seed=1, rate=20, ssl_context=context) as sim:
        assert sim.ws_url.startswith("wss://127.0.0.1:")
        client = websocket.create_connection(
            f"{sim.ws_url}/ws/btcusdt@trade", timeout=5, sslopt={"ca_certs": str(certificate)}
        )
        assert json.loads(client.recv())["s"] == "BTCUSDT"


def self_signed(folder):
    """A certificate for 127.0.0.1 and its key, as files."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
