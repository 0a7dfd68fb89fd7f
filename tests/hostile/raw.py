# SPDX-License-Identifier: Apache-2.0
"""Peers that write what no library would: raw sockets, HTTP/2 frames by hand, and a good client beside them."""
import http.client
import multiprocessing
import os
import socket
import ssl
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
import otlp  # noqa: E402

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 1, 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = range(4)
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(5, 12)
EXPORT = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A field of HPACK without table and without Huffman."""
    name, value = name.encode(), value.encode()
    assert len(name) < 127 and len(value) < 127
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


def grpc_fields(path=EXPORT, **more):
    return b"".join(literal(k, v) for k, v in ((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"),
                                               ("content-type", "application/grpc"), ("te", "trailers"), *more.items()))


def hello():
    return PREFACE + frame(SETTINGS, 0, 0)


def message(body):
    return b"\0" + struct.pack(">I", len(body)) + body


def call(stream, body):
    """A unary call as frames of at most 16 KiB."""
    body = message(body)
    parts = [body[i:i + 16384] for i in range(0, len(body), 16384)]
    return frame(HEADERS, END_HEADERS, stream, grpc_fields()) + b"".join(
        frame(DATA, END_STREAM if i == len(parts) - 1 else 0, stream, part) for i, part in enumerate(parts))


def frames_of(data):
    """[(type, flags, stream, payload)] of what a server sent; a frame that is cut is left out."""
    found = []
    while len(data) >= 9:
        length = int.from_bytes(data[:3], "big")
        if len(data) < 9 + length:
            break
        found.append((data[3], data[4], int.from_bytes(data[5:9], "big") & 0x7fffffff, data[9:9 + length]))
        data = data[9 + length:]
    return found


def goaway_of(data):
    """Error code of the last GOAWAY, None without one."""
    codes = [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in frames_of(data) if kind == GOAWAY]
    return codes[-1] if codes else None


def insecure(*alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def connect(port, tls=None, timeout=10):
    s = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tls.wrap_socket(s) if tls else s


def send_all(s, data):
    """How much a peer sent before it was cut off."""
    sent = 0
    try:
        while sent < len(data):
            sent += s.send(data[sent:sent + 65536])
    except OSError:
        pass
    return sent


def read_until_close(s, limit=10):
    """(bytes, closed): what came until the server closed, or until the limit."""
    end, data = time.monotonic() + limit, bytearray()
    while True:
        s.settimeout(max(0.01, end - time.monotonic()))
        try:
            piece = s.recv(65536)
        except (socket.timeout, TimeoutError):
            return bytes(data), False
        except OSError:
            return bytes(data), True
        if not piece:
            return bytes(data), True
        data += piece
        if time.monotonic() >= end:
            return bytes(data), False


def read_for(s, seconds):
    return read_until_close(s, seconds)[0]


def good_http(port, points=1, tls=None):
    """One request as a client that behaves; its status."""
    c = (http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=tls) if tls
         else http.client.HTTPConnection("127.0.0.1", port, timeout=10))
    try:
        c.request("POST", "/v1/metrics", otlp.points_request(points), {"Content-Type": "application/x-protobuf"})
        return c.getresponse().status
    finally:
        c.close()


def good_grpc(port, points=1, tls=None):
    """One call as a client that behaves; the gRPC status as text, None without one."""
    s = connect(port, tls)
    try:
        s.sendall(hello() + call(1, otlp.points_request(points)))
        data, end = b"", time.monotonic() + 10
        while time.monotonic() < end:
            data += s.recv(65536)
            for kind, flags, stream, payload in frames_of(data):
                if kind == HEADERS and flags & END_STREAM and stream == 1:
                    at = payload.find(b"grpc-status")
                    # Literal or Huffman-coded: "0" is the byte itself, or 0x07 as Huffman code 00000 with padding.
                    value = payload[-1:] if at < 0 else payload[at + 12:at + 13]
                    return "0" if value in (b"0", b"\x07") else repr(payload)
        return None
    finally:
        s.close()


def certificate(folder):
    """A certificate that signs itself: (certificate file, key file)."""
    files = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


class Witness:
    """A good client in a process of its own, which sends while an attack runs and measures how long each request takes."""

    def __init__(self, port, pause=0.005):
        self.results, theirs = multiprocessing.Pipe(False)
        self.stopping = multiprocessing.Event()
        self.process = multiprocessing.Process(target=self._run, args=(port, pause, theirs), daemon=True)
        self.process.start()

    def _run(self, port, pause, results):
        body, took, failed = otlp.points_request(10), [], 0
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not self.stopping.is_set():
            begun = time.monotonic()
            try:
                c.request("POST", "/v1/metrics", body, {"Content-Type": "application/x-protobuf"})
                answer = c.getresponse()
                answer.read()
                failed += answer.status != 200
            except (OSError, http.client.HTTPException):
                failed += 1
                c.close()
                c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                time.sleep(0.1)
            took.append(time.monotonic() - begun)
            time.sleep(pause)
        results.send((sorted(took), failed))

    def stop(self):
        """(requests, failed, median in ms, p99 in ms)"""
        self.stopping.set()
        took, failed = self.results.recv()
        self.process.join()
        return len(took), failed, 1000 * took[len(took) // 2], 1000 * took[min(len(took) - 1, len(took) * 99 // 100)]
