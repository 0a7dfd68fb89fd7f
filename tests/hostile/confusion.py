#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that talk another protocol than the port does: each row says what is answered, that the connection ends, what is
counted, and that the next good request is served (faults.md F6).   confusion.py BUILDDIR"""
import os
import random
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
from harness import Gateway, Suite, environment, get, until, unittest_skip  # noqa: E402
import raw  # noqa: E402
from raw import frame, frames_of, goaway_of, read_until_close  # noqa: E402

CONFIG = """
receivers:
  otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}" TLS}, http: {endpoint: "127.0.0.1:{http}", read_header_timeout: 500ms TLS}}}
exporters: {nop: {}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check], pipelines: {metrics: {receivers: [otlp], exporters: [nop]}},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: error}}}
"""
CLOSED = "telemetry_receiver_connections_closed_total"
HELLO_TLS = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + bytes(161)  # a ClientHello as far as a parser cares
PREFACE_CALL = raw.hello() + raw.call(1, b"")
H2C = (b"GET /v1/metrics HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
       b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
HTTP1 = b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
PROXY1 = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
PROXY2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb"
NOTHING, SETTINGS_ONLY = rb"\Z", rb"\0\0.\x04\0\0\0\0\0"
BAD = rb"HTTP/1\.1 400 "
ROWS = [  # what, port, what is sent, what the answer begins with, whether the connection ends, what it is counted as
    ("TLS on the plaintext HTTP port", "http", HELLO_TLS, BAD, True, "malformed"),
    ("TLS on the plaintext gRPC port", "grpc", HELLO_TLS, SETTINGS_ONLY, True, "malformed"),
    ("HTTP/1.1 on the gRPC port", "grpc", HTTP1, SETTINGS_ONLY, True, "malformed"),
    ("h2c upgrade on the gRPC port", "grpc", H2C, SETTINGS_ONLY, True, "malformed"),
    ("h2c upgrade on the HTTP port is not heard", "http", H2C, rb"HTTP/1\.1 405 ", False, None),
    ("HTTP/2 on the plaintext HTTP port", "http", PREFACE_CALL, rb"HTTP/1\.1 (400|505) ", True, "malformed"),
    ("HTTP/0.9", "http", b"GET /\r\n\r\n", BAD, True, "malformed"),
    ("HTTP/3 in words", "http", HTTP1.replace(b"1.1", b"3.0"), rb"HTTP/1\.1 (400|505) ", True, "malformed"),
    ("an SSH banner on the HTTP port", "http", b"SSH-2.0-OpenSSH_9.2p1\r\n", rb"HTTP/1\.1 40[08] ", True, None),
    ("an SSH banner on the gRPC port", "grpc", b"SSH-2.0-OpenSSH_9.2p1\r\n", SETTINGS_ONLY, True, "malformed"),
    ("SMTP on the HTTP port", "http", b"EHLO mail.example\r\n", rb"HTTP/1\.1 40[08] ", True, None),
    ("SMTP on the gRPC port", "grpc", b"EHLO mail.example\r\n", SETTINGS_ONLY, True, "malformed"),
    ("Redis on the HTTP port", "http", b"*1\r\n$4\r\nPING\r\n", rb"HTTP/1\.1 40[08] ", True, None),
    ("PROXY protocol 1 on the HTTP port", "http", PROXY1 + HTTP1, BAD, True, "malformed"),
    ("PROXY protocol 1 on the gRPC port", "grpc", PROXY1 + PREFACE_CALL, SETTINGS_ONLY, True, "malformed"),
    ("PROXY protocol 2 on the HTTP port", "http", PROXY2 + HTTP1, BAD, True, "malformed"),
    ("PROXY protocol 2 on the gRPC port", "grpc", PROXY2 + PREFACE_CALL, SETTINGS_ONLY, True, "malformed"),
    ("a websocket on the HTTP port", "http", b"GET /v1/metrics HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     b"Sec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n", rb"HTTP/1\.1 405 ", False, None),
    ("CONNECT through the HTTP port", "http", b"CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: x\r\n\r\n", rb"HTTP/1\.1 501 ", True, "malformed"),
    ("a proxy request through the HTTP port", "http", b"GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n", rb"HTTP/1\.1 404 ", False, None),
    ("zeros on the HTTP port", "http", bytes(1000), BAD, True, "malformed"),
    ("zeros on the gRPC port", "grpc", bytes(1000), SETTINGS_ONLY, True, "malformed"),
    ("a preface and no SETTINGS", "grpc", raw.PREFACE + frame(raw.PING, 0, 0, bytes(8)), SETTINGS_ONLY, True, "malformed"),
    ("a preface and HTTP/1.1", "grpc", raw.PREFACE + HTTP1, SETTINGS_ONLY, True, "malformed"),
    ("a pushed stream", "grpc", raw.hello() + frame(raw.PUSH_PROMISE, 4, 1, b"\0\0\0\x02" + raw.grpc_fields()), SETTINGS_ONLY, True,
     "malformed"),
    ("GOAWAY and then a malformed frame", "grpc", raw.hello() + frame(raw.GOAWAY, 0, 0, bytes(8)) + frame(raw.PING, 0, 0, b"x"),
     SETTINGS_ONLY, True, None),  # who says goodbye without a call is gone before it is judged
    ("TLS on the health port", "health", HELLO_TLS, BAD, True, None),
    ("HTTP/2 on the metrics port", "metrics", PREFACE_CALL, rb"HTTP/1\.1 (400|505) ", True, None),
]
TLS_ROWS = [  # what, port, protocols offered (None = no TLS at all), what is sent, what the answer holds, what it is counted as
    ("plain HTTP on the TLS HTTP port", "http", None, HTTP1, NOTHING, "tls"),
    ("plain HTTP/2 on the TLS gRPC port", "grpc", None, PREFACE_CALL, NOTHING, "tls"),
    ("random bytes on the TLS gRPC port", "grpc", None, random.Random(1).randbytes(500), NOTHING, "tls"),
    ("a handshake that stops", "grpc", None, HELLO_TLS[:50], NOTHING, None),
    ("TLS without ALPN on the gRPC port", "grpc", (), PREFACE_CALL, NOTHING, "tls"),
    ("HTTP/1.1 on the TLS gRPC port", "grpc", ("http/1.1",), HTTP1, NOTHING, "tls"),
    ("gRPC on the TLS HTTP port", "http", ("h2",), PREFACE_CALL, SETTINGS_ONLY, None),
    ("HTTP/1.1 where h2 was agreed on", "http", ("h2",), HTTP1, SETTINGS_ONLY, "malformed"),
    ("HTTP/2 where http/1.1 was agreed on", "http", ("http/1.1",), PREFACE_CALL, rb"HTTP/1\.1 (400|505) ", "malformed"),
]
suite = Suite()


def closed_total(gateway):
    return {key: value for key, value in gateway.metrics().items() if key[0] == CLOSED and value}


def difference(before, after):
    """{(transport, reason): how many more}"""
    return {(dict(key[1])["transport"], dict(key[1])["reason"]): int(value - before.get(key, 0)) for key, value in after.items()
            if value != before.get(key, 0)}


@suite.case
def peers_of_other_protocols_are_told_so_and_cost_nothing_else(track, build):
    gateway = Gateway(build, CONFIG.replace(" TLS", ""))
    track(gateway)
    for what, port, sent, answer, ends, counted in ROWS:
        before = closed_total(gateway)
        s = raw.connect(gateway.ports[port])
        raw.send_all(s, sent)
        got, closed = read_until_close(s, 5 if ends else 0.3)
        s.close()
        assert re.match(answer, got, re.S), f"{what}: {got[:80]!r}"
        assert closed == ends, f"{what}: closed {closed} after {got[:80]!r}"
        found = difference(before, closed_total(gateway))
        assert counted is None or found == {(port, counted): 1}, f"{what}: {found}"
        assert raw.good_http(gateway.ports["http"]) == 200, what
        assert raw.good_grpc(gateway.ports["grpc"]) == "0", what
    assert gateway.metric("otelcol_receiver_accepted_metric_points_total") == 2 * len(ROWS)
    until("all are gone", lambda: gateway.metric("telemetry_receiver_connections") == 0)
    return f"{len(ROWS)} rows"


@suite.case
def peers_of_other_protocols_on_TLS_ports(track, build):
    if not shutil.which("openssl"):
        raise unittest_skip("no openssl program")
    folder = tempfile.mkdtemp(prefix="tel-hostile-")
    cert, key = raw.certificate(folder)
    gateway = Gateway(build, CONFIG.replace(" TLS", f", tls: {{cert_file: {cert}, key_file: {key}}}"))
    track(gateway)
    for what, port, offered, sent, answer, counted in TLS_ROWS:
        before = closed_total(gateway)
        got, closed = b"", True
        try:
            s = raw.connect(gateway.ports[port], None if offered is None else raw.insecure(*offered))
            raw.send_all(s, sent)
            got, closed = read_until_close(s, 0.5 if counted is None else 5)
            s.close()
        except OSError:
            pass  # the handshake failed here, too
        if offered is None:
            got = re.sub(rb"\A\x15\x03.\0\x02..", b"", got, flags=re.S)  # an alert is an answer in TLS
        assert re.match(answer, got, re.S), f"{what}: {got[:80]!r}"
        assert closed or counted is None, what
        found = difference(before, closed_total(gateway))
        assert counted is None or found == {(port, counted): 1}, f"{what}: {found}"
        assert raw.good_http(gateway.ports["http"], tls=raw.insecure("http/1.1")) == 200, what
        assert raw.good_grpc(gateway.ports["grpc"], tls=raw.insecure("h2")) == "0", what
    shutil.rmtree(folder)
    return f"{len(TLS_ROWS)} rows"


@suite.case
def grpc_on_the_http_port_over_TLS_is_not_found(track, build):
    if not shutil.which("openssl"):
        raise unittest_skip("no openssl program")
    folder = tempfile.mkdtemp(prefix="tel-hostile-")
    cert, key = raw.certificate(folder)
    gateway = Gateway(build, CONFIG.replace(" TLS", f", tls: {{cert_file: {cert}, key_file: {key}}}"))
    track(gateway)
    s = raw.connect(gateway.ports["http"], raw.insecure("h2"))
    s.sendall(PREFACE_CALL)
    got = raw.read_for(s, 0.5)
    heads = [payload for kind, _, stream, payload in frames_of(got) if kind == raw.HEADERS and stream == 1]
    assert heads and heads[0][0] == 0x8d, heads  # :status 404 of the static table
    assert goaway_of(got) is None
    s.close()
    shutil.rmtree(folder)


@suite.case
def random_bytes_on_every_port_end_the_connection(track, build):
    gateway = Gateway(build, CONFIG.replace(" TLS", ""))
    track(gateway)
    rng = random.Random(20261122)
    count = 0
    for port in ("http", "grpc", "metrics", "health"):
        peers = []
        for _ in range(100):
            data = rng.randbytes(rng.choice((1, 10, 100, 1000, 20000)))
            if port == "grpc" and rng.random() < 0.5:
                data = raw.hello() + data
            s = raw.connect(gateway.ports[port])
            raw.send_all(s, data)
            s.shutdown(1)  # SHUT_WR: a byte that may begin something is not waited for
            peers.append(s)
            count += 1
        for s in peers:
            got, closed = read_until_close(s, 12)
            s.close()
            assert closed, got[:80]
            assert not got.startswith(b"HTTP/1.1 2"), got[:80]
    assert raw.good_http(gateway.ports["http"]) == 200 and raw.good_grpc(gateway.ports["grpc"]) == "0"
    return f"{count} peers"


@suite.case
def admin_ports_take_no_bodies_and_no_other_methods(track, build):
    gateway = Gateway(build, CONFIG.replace(" TLS", ""))
    track(gateway)
    body = b'{"inputs":[1,null,{},[]]}'
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for path in ("/metrics", "/", "/api/v1/traces", "/../../etc/passwd", "/metrics?" + "x" * 1000):
            assert get(gateway.ports["metrics"], path, method, body, {"Content-Type": "application/json"})[0] in (404, 405), (method, path)
            assert get(gateway.ports["health"], path, method, body, {"Content-Type": "application/json"})[0] == 200
    assert get(gateway.ports["metrics"], "/metrics")[0] == 200
    assert raw.good_http(gateway.ports["http"]) == 200


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
