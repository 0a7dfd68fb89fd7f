#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that want the gateway to spend memory or time: each attack is cut off by its rule and counted, memory stays under
the limit, and a good client beside it is served (security.md S1, S5-S7, S20-S28, faults.md C7, F1-F8).
TEL_BUDGET=short: a tenth of it.   floods.py BUILDDIR"""
import gzip
import multiprocessing
import os
import random
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
from harness import Gateway, Suite, environment, get, until, unittest_skip  # noqa: E402
import otlp  # noqa: E402
import raw  # noqa: E402
from raw import END_HEADERS, END_STREAM, frame  # noqa: E402

SHORT = os.environ.get("TEL_BUDGET") == "short"
SCALE = 10 if SHORT else 1
LIMIT_MIB = 64
CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}", read_header_timeout: 3s}}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: LIMIT}}
exporters: {nop: {}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check], pipelines: {metrics: {receivers: [otlp], processors: [memory_limiter], exporters: [nop]}},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: error}}}
""".replace("LIMIT", str(LIMIT_MIB))
CLOSED = "telemetry_receiver_connections_closed_total"
MIB = 1 << 20
suite = Suite()


def peak_mib(gateway):
    with open(f"/proc/{gateway.pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024


def start(track, build):
    gateway = Gateway(build, CONFIG)
    track(gateway)
    return gateway


def sanitized(build):
    """Sanitizers keep what was freed, and shadow what is there: their memory says nothing about ours."""
    with open(os.path.join(build, "config.log"), encoding="utf-8", errors="replace") as f:
        return "--enable-sanitizers" in f.read(20000)


def check_after(gateway, build):
    """The next good requests are served, and nothing is held any more."""
    assert raw.good_http(gateway.ports["http"]) == 200 and raw.good_grpc(gateway.ports["grpc"]) == "0"
    if not sanitized(build):
        assert peak_mib(gateway) < LIMIT_MIB, peak_mib(gateway)


# ---- HTTP/2: one attack, one connection ----

HEAD = raw.grpc_fields()


def rapid_reset(n):
    return raw.hello() + b"".join(frame(raw.HEADERS, END_HEADERS, i, HEAD) + frame(raw.RST_STREAM, 0, i, b"\0\0\0\x08")
                                  for i in range(1, 2 * n, 2))


def made_you_reset(n):
    return raw.hello() + b"".join(frame(raw.HEADERS, END_HEADERS, i, HEAD) + frame(raw.WINDOW_UPDATE, 0, i, bytes(4))
                                  for i in range(1, 2 * n, 2))


def data_after_the_end(n):
    return raw.hello() + b"".join(frame(raw.HEADERS, END_HEADERS | END_STREAM, i, HEAD) + frame(raw.DATA, 0, i, b"x")
                                  for i in range(1, 2 * n, 2))


def hpack_bomb():
    """One field of 4,000 bytes in the table, then 16,000 references to it: 64 MiB out of 20 KB."""
    block = b"\x40\x01x\x7f" + bytes(((3873 & 127) | 128, 3873 >> 7)) + b"v" * 4000 + b"\xbe" * 16000
    return raw.hello() + frame(raw.HEADERS, END_HEADERS, 1, block)


def table_games(n):
    """The dynamic table is resized for every block, and references point beyond it."""
    sizes = b"\x20\x3f\xe1\x1f"  # 0, then 4096
    good = b"".join(frame(raw.HEADERS, END_HEADERS | END_STREAM, i, sizes + HEAD) for i in range(1, 2 * n, 2))
    return raw.hello() + good + frame(raw.HEADERS, END_HEADERS, 2 * n + 1, b"\xff\xff\xff\xff\x0f")


H2_ATTACKS = [  # name, bytes, error codes of the GOAWAY (None: may be cut off without), reason it is counted as
    ("rapid reset, 100,000 streams", lambda: rapid_reset(100000), None, "flood"),
    ("resets that it provokes, 100,000 streams", lambda: made_you_reset(100000), None, ("malformed", "flood")),
    ("DATA after END_STREAM, 100,000 streams", lambda: data_after_the_end(100000), None, "malformed"),
    ("1,000,000 empty CONTINUATION", lambda: raw.hello() + frame(raw.HEADERS, 0, 1) + frame(raw.CONTINUATION, 0, 1) * 1000000, None,
     ("malformed", "flood")),
    ("SETTINGS with 2,400 entries", lambda: raw.hello() + frame(raw.SETTINGS, 0, 0, bytes(14400)) * 100, None, ("malformed", "flood")),
    ("1,000,000 SETTINGS", lambda: raw.hello() + frame(raw.SETTINGS, 0, 0) * 1000000, None, "flood"),
    ("1,000,000 PING", lambda: raw.hello() + frame(raw.PING, 0, 0, bytes(8)) * 1000000, None, "flood"),
    ("1,000,000 PRIORITY", lambda: raw.hello() + frame(raw.PRIORITY, 0, 1, b"\0\0\0\x03\x10") * 1000000, None, "flood"),
    ("1,000,000 empty DATA", lambda: raw.hello() + frame(raw.HEADERS, END_HEADERS, 1, HEAD) + frame(raw.DATA, 0, 1) * 1000000, None,
     "flood"),
    ("1,000,000 WINDOW_UPDATE", lambda: raw.hello() + frame(raw.WINDOW_UPDATE, 0, 0, b"\0\0\0\x01") * 1000000, None, None),
    ("1,000,000 unknown frames", lambda: raw.hello() + frame(0xfa, 0, 0) * 1000000, None, "flood"),
    ("HPACK bomb", hpack_bomb, None, None),
    ("HPACK table games", lambda: table_games(1000), raw.COMPRESSION_ERROR, "malformed"),
]


@suite.case
def floods_of_frames_are_cut_off(track, build):
    """Each attack writes all it has without reading; what it cost is said."""
    lines = []
    gateway = start(track, build)
    for what, make, code, reason in H2_ATTACKS:
        data = make()
        before, cpu = gateway.metrics(), gateway.cpu_seconds()
        s = raw.connect(gateway.ports["grpc"])
        s.settimeout(20)
        sent = raw.send_all(s, data)
        got, closed = raw.read_until_close(s, 20 if reason else 0.5)
        s.close()
        cpu = gateway.cpu_seconds() - cpu
        assert closed or not reason, f"{what}: still connected after {sent} of {len(data)} bytes"
        if code is not None:
            assert raw.goaway_of(got) == code, (what, raw.goaway_of(got))
        after = gateway.metrics()
        counted = {dict(k[1])["reason"] for k, v in after.items() if k[0] == CLOSED and v != before.get(k)}
        assert reason is None or counted <= ({reason} if isinstance(reason, str) else set(reason)) and counted, (what, counted)
        assert cpu < 5, f"{what}: {cpu} s"
        assert raw.good_grpc(gateway.ports["grpc"]) == "0", what
        lines.append(f"{what}: {sent >> 10} of {len(data) >> 10} KiB taken, {1000 * cpu:.0f} ms")
    check_after(gateway, build)
    return "; ".join(lines) + f"; peak {peak_mib(gateway):.0f} MiB"


@suite.case
def rapid_reset_on_many_connections_beside_a_good_client(track, build):
    """S20: 100,000 streams once more, spread over 100 connections, while a good client works."""
    gateway = start(track, build)
    witness = raw.Witness(gateway.ports["http"])
    data = rapid_reset(1000)
    end = time.monotonic() + (1 if SHORT else 4)
    attacks = 0
    while time.monotonic() < end:
        attacks += 1
        peers = [raw.connect(gateway.ports["grpc"]) for _ in range(100)]
        for s in peers:
            s.setblocking(False)
        at = [0] * len(peers)
        for _ in range(200):
            for i, s in enumerate(peers):
                try:
                    at[i] += s.send(data[at[i]:at[i] + 16384]) if at[i] < len(data) else 0
                except BlockingIOError:
                    pass
                except OSError:
                    at[i] = len(data)
        for s in peers:
            s.close()
    count, failed, median, p99 = witness.stop()
    assert failed == 0, (count, failed)
    check_after(gateway, build)
    return f"{attacks} times, good client: {count} requests, median {median:.1f} ms, p99 {p99:.1f} ms"


@suite.case
def answers_that_nobody_reads_cost_a_bounded_amount(track, build):
    """S24: a window of one byte that never grows, and 100 calls whose answers wait for it."""
    gateway = start(track, build)
    peers = []
    for _ in range(100):
        s = raw.connect(gateway.ports["grpc"])
        s.sendall(raw.PREFACE + frame(raw.SETTINGS, 0, 0, b"\0\x04\0\0\0\x01") +
                  b"".join(raw.call(i, otlp.points_request(1)) for i in range(1, 200, 2)))
        peers.append(s)
    until("all calls are decoded", lambda: gateway.metric("otelcol_receiver_accepted_metric_points_total") == 10000)
    assert gateway.metric("telemetry_receiver_connections", transport="grpc") == 100
    check_after(gateway, build)
    for s in peers:
        s.close()
    return f"100 connections, 100 answers each, peak {peak_mib(gateway):.0f} MiB"


# ---- HTTP/1 ----

@suite.case
def heads_that_drip_are_closed_in_time(track, build):
    """S27: slowloris, with a patience of 3 s; bytes in between do not buy more."""
    gateway = start(track, build)
    count = 5000 // SCALE
    peers = [raw.connect(gateway.ports["http"]) for _ in range(count // (2 if SHORT else 5))]
    begun, closed, witness = time.monotonic(), 0, None
    while closed < count and time.monotonic() - begun < 60:
        if witness is None and time.monotonic() - begun > 1.5:
            witness = raw.Witness(gateway.ports["http"])
        for i, s in enumerate(peers):
            try:
                s.send(b"G")
            except OSError:
                closed += 1
                s.close()
                peers[i] = raw.connect(gateway.ports["http"])
        time.sleep(0.1)
    for s in peers:
        s.close()
    requests, failed, median, p99 = witness.stop()
    ended = {why: int(gateway.metric(CLOSED, reason=why, transport="http")) for why in ("timeout", "stalled", "memory")}
    assert closed >= count and failed <= 1 + requests // 20, (closed, requests, failed)
    assert sum(ended.values()) >= count * 0.9 and ended["stalled"] + ended["timeout"] > 0, ended
    check_after(gateway, build)
    return f"{closed} connections closed {ended}, good client: {requests} requests, median {median:.1f} ms, p99 {p99:.1f} ms"


@suite.case
def pipelined_requests_and_endless_heads(track, build):
    """F5: 10,000 requests in one go are answered in order; a head of a million fields is not read."""
    gateway = start(track, build)
    s = raw.connect(gateway.ports["http"])
    one = b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
    answers, sent, data = 0, 0, one * 10000
    s.setblocking(False)
    end = time.monotonic() + 30
    rest = b""
    while answers < 10000 and time.monotonic() < end:
        try:
            sent += s.send(data[sent:sent + 65536]) if sent < len(data) else 0
        except BlockingIOError:
            pass
        try:
            rest += s.recv(65536)
        except BlockingIOError:
            time.sleep(0.001)
        answers += rest.count(b"HTTP/1.1 200 OK\r\n")
        rest = rest[-10:] if b"HTTP/1.1 200 OK\r\n" not in rest[-16:] else b""
    assert answers == 10000, answers
    s.close()
    s = raw.connect(gateway.ports["http"])
    fields = b"".join(b"X-%d: y\r\n" % i for i in range(1000000))
    sent = raw.send_all(s, b"POST /v1/metrics HTTP/1.1\r\n" + fields)
    got = raw.read_until_close(s, 5)[0]
    assert got.startswith(b"HTTP/1.1 431 ") or (not got and sent < len(fields)), got[:60]
    check_after(gateway, build)
    return f"a head of {len(fields) >> 20} MiB was cut off after {sent >> 10} KiB"


# ---- bodies ----

def varint(n):
    return otlp.varint(n)


def deflated_zeros(mib, wbits):
    c = zlib.compressobj(9, zlib.DEFLATED, wbits)
    block = bytes(MIB)
    return b"".join(c.compress(block) for _ in range(mib)) + c.flush()


def zstd_zeros(mib, window_log=None):
    """A frame of run-length blocks: 128 KiB of zeros in four bytes, written by hand."""
    descriptor = bytes(((window_log - 10) << 3,)) if window_log else b"\x38"  # 128 KiB
    blocks = mib * 8
    body = b"".join(((1 if i == blocks - 1 else 0) | 1 << 1 | (128 << 10) << 3).to_bytes(3, "little") + b"\0" for i in range(blocks))
    return b"\x28\xb5\x2f\xfd\x00" + descriptor + body


def snappy_zeros(mib):
    """A literal of one zero, then copies of 64 bytes at offset 1: 64 bytes in 3."""
    total = mib * MIB
    copies = (total - 1) // 64
    return varint(1 + 64 * copies) + b"\0\0" + b"\xfe\x01\0" * copies


def nested_values(depth):
    """An AnyValue of so many lists in each other, from the inside out."""
    parts, length = [], 0
    for _ in range(depth):
        for tag in (b"\x0a", b"\x2a"):
            parts.append(tag + varint(length))
            length += len(parts[-1])
    return b"".join(reversed(parts))


def nested_json(depth):
    value = '{"arrayValue":{"values":[' * depth + '{"intValue":"1"}' + "]}}" * depth
    return ('{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"g","gauge":{"dataPoints":[{"asInt":"1","attributes":['
            '{"key":"k","value":' + value + "}]}]}}]}]}]}").encode()


def bodies():
    rows = [  # what, body, coding, over gRPC, HTTP status or 0 = not sent by HTTP, gRPC status
        ("gzip bomb of 1 GiB", deflated_zeros(1024 // SCALE, 31), "gzip", 413, 8),
        ("zlib bomb of 1 GiB", deflated_zeros(1024 // SCALE, 15), "deflate", 413, None),
        ("zstd bomb of 1 GiB", zstd_zeros(1024 // SCALE), "zstd", 413, 8),
        ("zstd that claims a window of 2 GiB", zstd_zeros(1, 31), "zstd", (400, 413), (3, 8)),
        ("snappy bomb", snappy_zeros(64), "snappy", 413, 8),
        ("snappy that claims 4 GiB", b"\xff\xff\xff\xff\x0f\0\0\0\0\0", "snappy", 413, 8),
        ("gzip in gzip", gzip.compress(gzip.compress(bytes(MIB))), "gzip", 400, 3),
        ("10,000,000 starts of groups", b"\x0b" * 10000000, None, 400, 8),
        ("3,000,000 starts of groups", b"\x0b" * 3000000, None, 400, 3),
        ("the end of a group alone", b"\x0c", None, 400, 3),
        ("a packed length of 2^61", otlp.field(1, otlp.field(2, otlp.field(2, otlp.field(9, otlp.field(1, b"\x32" + varint(1 << 61)))))),
         None, 400, 3),
        ("10,485,760 empty ResourceMetrics", b"\x0a\0" * (20 * MIB // 2), None, (413, 503, 200, 400), None),
        ("the same in 20 KiB", gzip.compress(b"\x0a\0" * (20 * MIB // 2), 9), "gzip", (413, 503, 200, 400), 8),
        ("values 1,000 deep", otlp.request([otlp.gauge("g", [otlp.point(1, attributes=(("k", nested_values(1000)),))])]), None, 400, 3),
        ("values 100,000 deep", otlp.request([otlp.gauge("g", [otlp.point(1, attributes=(("k", nested_values(100000)),))])]), None, 400,
         3),
        ("JSON values 700,000 deep", nested_json(700000), "json", 400, None),
        ("100,000 attributes at one point", otlp.request([otlp.gauge("g", [otlp.point(1, attributes=[("k%d" % i, i) for i in range(100000)])])]),
         None, 200, 0),
        ("a key of 1 MiB", otlp.request([otlp.gauge("g", [otlp.point(1, attributes=(("k" * MIB, 1),))])]), None, 200, 0),
        ("an empty AnyValue", otlp.request([otlp.gauge("g", [otlp.point(1, attributes=(("k", b""),))])]), None, 200, 0),
        ("a name with a line of log in it", otlp.request([otlp.gauge('\x1b[31m{"level":"error"}\n', [otlp.point(1)])]), None, 200, 0),
    ]
    return rows


def grpc_status(port, body, coding):
    """Status of a call with a body as it is; 'goaway' or 'closed' when there is none."""
    s = raw.connect(port)
    s.settimeout(20)
    head = raw.grpc_fields(**({"grpc-encoding": coding} if coding else {}))
    whole = (b"\1" if coding else b"\0") + len(body).to_bytes(4, "big") + body
    window, at, data = 65535, 0, b""
    try:
        s.sendall(raw.hello() + frame(raw.HEADERS, END_HEADERS, 1, head))
        while True:
            while at < len(whole) and window:
                n = min(16384, window, len(whole) - at)
                s.sendall(frame(raw.DATA, END_STREAM if at + n == len(whole) else 0, 1, whole[at:at + n]))
                at, window = at + n, window - n
            piece = s.recv(65536)
            if not piece:
                return "closed"
            data += piece
            window_updates = 0
            for kind, flags, stream, payload in raw.frames_of(data):
                if kind == raw.WINDOW_UPDATE and stream == 1:
                    window_updates += int.from_bytes(payload, "big")
                if kind == raw.GOAWAY:
                    return "goaway"
                if kind == raw.HEADERS and stream == 1 and flags & END_STREAM:
                    return huffman_status(payload)
            window = 65535 + window_updates - at
    except OSError:
        return "closed"
    finally:
        s.close()


def huffman_status(block):
    """grpc-status out of a block of HPACK: its name in either spelling, then the digits in either."""
    names = (b"grpc-status", bytes.fromhex("9acac8b21234da8f"))
    for name in names:
        at = block.find(name)
        if at >= 0:
            value = block[at + len(name):]
            if value[0] & 128:
                codes = {0b00000: 0, 0b00001: 1, 0b00010: 2, 0b011001: 3, 0b011010: 4, 0b011011: 5, 0b011100: 6, 0b011101: 7, 0b011110: 8,
                         0b011111: 9}
                bits, length = value[1], 8
                for size in (5, 6):
                    if bits >> (length - size) in codes and (size == 5) == ((bits >> (length - size)) < 3):
                        return codes[bits >> (length - size)]
            return int(value[1:1 + value[0]].decode())
    return "no status"


@suite.case
def a_bomb_in_chunks_is_stopped_at_the_limit(track, build):
    """S1 over HTTP with chunks of one byte and more: neither length is known beforehand."""
    gateway = start(track, build)
    bomb = deflated_zeros(1024 // SCALE, 31)
    for size in (1, 1000, 60000):
        s = raw.connect(gateway.ports["http"])
        part = bomb if size > 1 else bomb[:20000]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part[i:i + size]), part[i:i + size]) for i in range(0, len(part), size))
        raw.send_all(s, b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: gzip\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        got = raw.read_until_close(s, 2)[0]
        s.close()
        wanted = (b"413",) if size > 1 else (b"400", b"413")  # so much framing for so little data is refused by itself
        assert got[9:12] in wanted, (size, got[:200])
    check_after(gateway, build)


@suite.case
def bombs_and_hostile_messages_are_refused_within_the_limit(track, build):
    gateway = start(track, build)
    lines = []
    for what, body, coding, status, code in bodies():
        cpu = gateway.cpu_seconds()
        headers = {"Content-Type": "application/x-protobuf", **({"Content-Encoding": coding} if coding else {})}
        if coding == "json":
            headers = {"Content-Type": "application/json"}
        got = get(gateway.ports["http"], "/v1/metrics", "POST", body, headers, timeout=60)[0]
        if coding == "snappy" and got == 400 and what != "snappy bomb":
            continue  # built without libsnappy
        wanted = status if isinstance(status, tuple) else (status,)
        assert got in wanted, f"{what}: HTTP {got}"
        over = None
        if code is not None:
            over = grpc_status(gateway.ports["grpc"], body, coding)
            assert over in (code if isinstance(code, tuple) else (code,)), f"{what}: gRPC {over}"
        cpu = gateway.cpu_seconds() - cpu
        assert cpu < 10, f"{what}: {cpu} s"
        if len(body) > 100000 or coding:
            lines.append(f"{what} ({len(body) >> 10} KiB): {got}, {over}, {1000 * cpu:.0f} ms")
        if not sanitized(build):
            assert peak_mib(gateway) < LIMIT_MIB, f"{what}: peak {peak_mib(gateway)} MiB"
        assert raw.good_http(gateway.ports["http"]) == 200, what
    check_after(gateway, build)
    return "; ".join(lines) + f"; peak {peak_mib(gateway):.0f} MiB"


# ---- half bodies ----

class Holder:
    """A client that sends half of a body of 1 MiB and waits."""
    HALF = 512 * 1024
    HEAD = (b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1048576\r\n\r\n")
    BODY = bytes(HALF)

    def __init__(self, port, grpc):
        self.grpc = grpc
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.answer = b""
        self.gone = self.widened = False
        self.at = 0
        if grpc:  # the window holds the rest back until the message is reserved
            self.data = (raw.hello() + frame(raw.HEADERS, END_HEADERS, 1, HEAD) +
                         frame(raw.DATA, 0, 1, b"\0\0\x10\0\0" + bytes(16000)) + frame(raw.DATA, 0, 1, bytes(16384)) * 2)
        else:
            self.data = self.HEAD + self.BODY
        try:
            self.sock.connect(("127.0.0.1", port))
        except BlockingIOError:
            pass
        except OSError:
            self.gone = True

    def move(self, events):
        try:
            if events & selectors.EVENT_READ:
                piece = self.sock.recv(65536)
                if not piece:
                    self.gone = True
                    return
                self.answer += piece
                if self.grpc and any(k in (raw.HEADERS, raw.RST_STREAM) and i == 1 for k, _, i, _ in raw.frames_of(self.answer)):
                    self.gone = True  # refused, or given up: another try over a new connection
                    return
                if self.grpc and not self.widened and any(k == raw.WINDOW_UPDATE and i == 1 for k, _, i, _ in
                                                               raw.frames_of(self.answer)):
                    self.data += frame(raw.DATA, 0, 1, bytes(16384)) * 28
                    self.widened = True
            if events & selectors.EVENT_WRITE and self.at < len(self.data):
                self.at += self.sock.send(self.data[self.at:self.at + 65536])
        except BlockingIOError:
            pass
        except OSError:
            self.gone = True


def hold(track, build, transport):
    """count clients, each of which tries again as soon as it is turned away; then good clients come."""
    gateway = start(track, build)
    count, seconds = (2000, 12) if not SHORT else (400, 6)
    selector = selectors.DefaultSelector()
    grpc, port = transport == "grpc", gateway.ports[transport]
    tries = 0

    def renew():
        nonlocal tries
        h = Holder(port, grpc)
        tries += 1
        selector.register(h.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, h)

    def turn(limit):
        for key, events in selector.select(limit):
            h = key.data
            h.move(events)
            if h.gone:
                selector.unregister(h.sock)
                h.sock.close()
                waiting.append(h)
            elif h.at >= len(h.data):
                selector.modify(h.sock, selectors.EVENT_READ, h)
            else:
                selector.modify(h.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, h)

    waiting, highest = [], 0
    for _ in range(count):
        renew()
    witness, begun = None, time.monotonic()
    while time.monotonic() - begun < seconds:
        turn(0.05)
        again, waiting = waiting[:100], waiting[100:]
        for _ in again:
            renew()
        highest = max(highest, gateway.memory_kib("Rss") / 1024)
        if witness is None and time.monotonic() - begun > seconds / 3:
            witness = raw.Witness(gateway.ports["http"])
    requests, failed, median, p99 = witness.stop()
    m = gateway.metrics()
    closed = {dict(k[1])["reason"]: int(v) for k, v in m.items() if k[0] == CLOSED and v and dict(k[1])["transport"] == transport}
    refused = {dict(k[1])["reason"]: int(v) for k, v in m.items()
               if k[0] == "telemetry_receiver_refused_requests_total" and v and dict(k[1])["transport"] == transport}
    for key in list(selector.get_map().values()):
        key.data.sock.close()
    peak = peak_mib(gateway)
    assert closed.get("stalled", 0) > 0, closed
    assert requests >= 20 and failed <= requests // 20, (requests, failed)
    until("all are gone", lambda: gateway.metric("telemetry_receiver_connections") == 0)
    check_after(gateway, build)
    return (f"{tries} tries, closed {closed}, refused {refused}; good client: {requests} requests, {failed} told to come back, "
            f"median {median:.1f} ms, p99 {p99:.1f} ms; peak {peak:.0f} MiB of {LIMIT_MIB}")


def both(name, count):
    for transport in ("http", "grpc"):
        def case(track, build, transport=transport):
            return hold(track, build, transport)
        case.__name__ = f"{count}_{name}_over_{transport}"
        suite.case(case)


both("clients_that_hold_half_a_body_do_not_keep_a_good_one_out", 400 if SHORT else 2000)


@suite.case
def a_full_descriptor_table_turns_peers_away_and_heals(track, build):
    """C4: 40 descriptors for 200 peers; probes and requests are served again when they are gone, and nothing spins."""
    gateway = start(track, build)
    prlimit = subprocess.run(["prlimit", f"--pid={gateway.pid}", "--nofile=40:40"], capture_output=True, text=True)
    if prlimit.returncode:
        raise unittest_skip("prlimit: " + prlimit.stderr.strip())
    peers = []
    for _ in range(200):
        try:
            peers.append(raw.connect(gateway.ports["http"]))
        except OSError:
            pass
    cpu, begun = gateway.cpu_seconds(), time.monotonic()
    time.sleep(1.5)
    share = (gateway.cpu_seconds() - cpu) / (time.monotonic() - begun)
    assert share < 0.2, f"{100 * share:.0f} % of a CPU while the table is full"
    turned_away = 0
    for s in peers:
        turned_away += raw.read_until_close(s, 0.001)[1]
        s.close()
    assert turned_away >= 100, turned_away
    until("requests are served again", lambda: raw.good_http(gateway.ports["http"]) == 200)
    check_after(gateway, build)
    return f"{turned_away} of {len(peers)} turned away, {100 * share:.0f} % of a CPU"


@suite.case
def a_thousand_clients_come_back_at_once(track, build):
    """D18: after a restart everybody connects in the same moment; each gets an answer."""
    gateway = start(track, build)
    count = 1000 // SCALE
    request = (b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nConnection: close\r\n"
               b"Content-Length: %d\r\n\r\n")
    body = otlp.points_request(10)
    begun = time.monotonic()
    todo, answered, again, peers = count, 0, 0, []
    while answered < count and time.monotonic() - begun < 30:
        while len(peers) < todo:
            s = raw.connect(gateway.ports["http"])
            raw.send_all(s, request % len(body) + body)
            peers.append(s)
        for s in peers:
            got = raw.read_until_close(s, 10)[0]
            answered += got.startswith(b"HTTP/1.1 200")
            s.close()
        todo, peers = count - answered, []
        again += todo
    took = time.monotonic() - begun
    assert answered == count, (answered, count)
    assert gateway.metric("otelcol_receiver_accepted_metric_points_total") == 10 * count
    check_after(gateway, build)
    return f"{count} clients served within {1000 * took:.0f} ms, {again} had to try again"


@suite.case
def everything_at_once_costs_no_accepted_data(track, build):
    """F8: the attacks one after the other, from two processes, beside a client that is always answered."""
    gateway = start(track, build)
    quiet = raw.Witness(gateway.ports["http"])
    time.sleep(2)
    alone = quiet.stop()
    accepted = gateway.metric("otelcol_receiver_accepted_metric_points_total")
    payloads = [rapid_reset(2000), made_you_reset(2000), raw.hello() + frame(raw.PING, 0, 0, bytes(8)) * 20000, hpack_bomb(),
                raw.hello() + frame(raw.HEADERS, 0, 1) + frame(raw.CONTINUATION, 0, 1) * 20000, table_games(500),
                random.Random(7).randbytes(20000)]
    bombs = [zstd_zeros(1024), gzip.compress(b"\x0a\0" * (5 * MIB), 9)]
    end = time.monotonic() + (2 if SHORT else 8)

    def attack():
        while time.monotonic() < end:
            for data in payloads:
                try:
                    s = raw.connect(gateway.ports["grpc"])
                    raw.send_all(s, data)
                    s.close()
                except OSError:
                    pass
            for body, coding in zip(bombs, ("zstd", "gzip")):
                try:
                    get(gateway.ports["http"], "/v1/metrics", "POST", body, {"Content-Type": "application/x-protobuf", "Content-Encoding": coding})
                except OSError:
                    pass
            time.sleep(0.01)  # not all of the CPU: half of it is the attackers' aim

    attackers = [multiprocessing.Process(target=attack) for _ in range(2)]
    for a in attackers:
        a.start()
    witness = raw.Witness(gateway.ports["http"])
    for a in attackers:
        a.join()
    requests, failed, median, p99 = witness.stop()
    assert failed == 0, (requests, failed)
    accepted = gateway.metric("otelcol_receiver_accepted_metric_points_total") - accepted
    assert accepted == 10 * requests, (accepted, requests)
    check_after(gateway, build)
    return (f"{requests} requests, median {median:.1f} ms (alone {alone[2]:.1f}), p99 {p99:.1f} ms (alone {alone[3]:.1f}), "
            f"peak {peak_mib(gateway):.0f} MiB")


@suite.case
def handshakes_that_stop_do_not_keep_others_out(track, build):
    """G4: clients that begin TLS and say no more; a good one connects beside them."""
    if not shutil.which("openssl"):
        raise unittest_skip("no openssl program")
    folder = tempfile.mkdtemp(prefix="tel-hostile-")
    cert, key = raw.certificate(folder)
    gateway = Gateway(build, CONFIG.replace('"127.0.0.1:{grpc}"', '"127.0.0.1:{grpc}", tls: {cert_file: ' + cert + ", key_file: " + key + "}"))
    track(gateway)
    started = bytes.fromhex("16030100c8010000c40303") + bytes(50)
    peers, turned_away = [], 0
    for i in range(500 // SCALE):
        s = raw.connect(gateway.ports["grpc"])
        raw.send_all(s, (b"", b"\x16", started)[i % 3])
        peers.append(s)
    time.sleep(1.2)  # from then on they have stalled
    begun = time.monotonic()
    assert raw.good_grpc(gateway.ports["grpc"], tls=raw.insecure("h2")) == "0"
    took = time.monotonic() - begun
    until("the handshakes are given up", lambda: gateway.metric("telemetry_receiver_connections", transport="grpc") == 0, 15)
    turned_away = gateway.metric(CLOSED, reason="memory") + gateway.metric(CLOSED, reason="stalled")
    assert gateway.metric(CLOSED, reason="tls") + turned_away >= len(peers) * 0.9
    for s in peers:
        s.close()
    shutil.rmtree(folder)
    if not sanitized(build):
        assert peak_mib(gateway) < LIMIT_MIB
    return f"{len(peers)} handshakes stopped, the good one took {1000 * took:.0f} ms"


@suite.case
def a_thousand_scrapes_of_the_own_metrics_at_once(track, build):
    """S30: the page is bounded, and data is taken meanwhile."""
    gateway = start(track, build)
    count = 1000 // SCALE
    witness = raw.Witness(gateway.ports["http"])
    peers = []
    for _ in range(count):
        s = raw.connect(gateway.ports["metrics"])
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        peers.append(s)
    served = 0
    for s in peers:
        got, _ = raw.read_until_close(s, 20)
        served += got.startswith(b"HTTP/1.1 200")
        s.close()
    requests, failed, median, p99 = witness.stop()
    assert failed == 0 and served >= min(count, 50), (failed, served)
    check_after(gateway, build)
    return f"{served} of {count} served; good client: {requests} requests, median {median:.1f} ms, p99 {p99:.1f} ms"


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    random.seed(1)
    sys.exit(suite.run(where))
