#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway's own endpoints (pages, metrics, health) as strangers use them: security.md S11, S30.   pages.py BUILDDIR"""
import asyncio
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import otlp
from harness import Gateway, Sink, Suite, environment, exact_binary, free_port, get, try_get, until

CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
exporters: {EXPORTERS}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}MORE}
service:
  extensions: [health_checkUSED]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}}
  pipelines: {PIPELINES}
"""
BODY = b'{"inputs":[1,null,{},[]]}'
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
PATHS = ("/", "/pipelines", "/queues", "/metrics", "/api/v1/traces", "/debug/servicez", "/debug/pipelinez", "/debug/pprof/", "/x")
suite = Suite()


def config(exporters="nop: {}", pipelines="metrics: {receivers: [otlp], exporters: [nop]}", more="", used=""):
    text = CONFIG.replace("EXPORTERS", exporters).replace("PIPELINES", pipelines).replace("MORE", more)
    return text.replace("health_checkUSED", "health_check" + used)


def document(gateway, path):
    status, headers, body = get(gateway.ports["pages"], path)
    assert status == 200 and {k.lower(): v for k, v in headers.items()}["content-type"] == "application/json"
    return json.loads(body)


def send(gateway, points, first=0):
    return get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(points, first),
               {"Content-Type": "application/x-protobuf"})[0]


@suite.case
def pages_say_what_went_through(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, config(f'otlp_http/a: {{endpoint: "http://127.0.0.1:{sink.http}"}}',
                                    "metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}"))
    track(gateway)
    for i in range(5):
        assert send(gateway, 10, 10 * i) == 200
    until("50 points are sent", lambda: document(gateway, "/queues")["queues"][0]["sent"] == 50)
    pipelines = document(gateway, "/pipelines")
    assert pipelines["pipelines"][0]["points"] == {"received": 50, "created": 0, "removed": 0, "outgoing": 50, "refused": 0}
    assert pipelines["receivers"][1]["accepted_points"] == 50 and pipelines["state"] == "ready"
    queue = document(gateway, "/queues")["queues"][0]
    assert queue["exporter"] == "otlp_http/a" and queue["points"] == 0 and queue["last_error"] == ""
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", queue["last_success"])
    index = document(gateway, "/")
    assert index["service"]["name"] == "telemetry-gateway" and index["pages"] == ["/pipelines", "/queues"]


@suite.case
def every_method_and_body_on_every_path_is_harmless(track, build):
    gateway = Gateway(build, config())
    track(gateway)
    count = 0
    for port in ("pages", "metrics", "health"):
        for path in PATHS:
            for method in METHODS:
                status, headers, body = get(gateway.ports[port], path, method, BODY if method != "HEAD" else None,
                                            {"Content-Type": "application/json"})
                found = port == "health" or path in {"pages": PATHS[:3] + PATHS[5:7], "metrics": ("/metrics",)}[port]
                wanted = 405 if method not in ("GET", "HEAD") and port != "health" else 200 if found else 404
                assert status == wanted, (port, path, method, status)
                assert method != "HEAD" or body == b""
                assert BODY not in body
                count += 1
    assert gateway.alive() and send(gateway, 1) == 200
    return f"{count} requests"


@suite.case
def a_name_that_was_made_to_point_here_gets_nothing(track, build):
    gateway = Gateway(build, config())
    track(gateway)
    rows = {"localhost": 200, "LOCALHOST:55679": 200, "gateway.localhost": 200, "127.0.0.1": 200, "127.0.0.1:9": 200, "[::1]:9": 200,
            "10.1.2.3": 200, "evil.example": 421, "evil.example:55679": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421,
            "notlocalhost": 421, "x": 421}
    for host, wanted in rows.items():
        assert get(gateway.ports["pages"], "/queues", headers={"Host": host})[0] == wanted, host
    for port in ("metrics", "health"):  # scraped and probed by whatever name
        assert get(gateway.ports[port], "/metrics", headers={"Host": "gateway.example"})[0] == 200
    return f"{len(rows)} names"


async def scrape(port, path, answers, gate):
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        answers.append("refused")
        return
    try:
        await gate.wait()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        data = await asyncio.wait_for(reader.read(-1), 30)
        answers.append("answered" if data.startswith(b"HTTP/1.1 200") else "closed" if not data else data[:40])
    except (ConnectionError, asyncio.TimeoutError) as e:
        answers.append("closed" if isinstance(e, ConnectionError) else "late")
    finally:
        writer.close()


async def storm(port, path, count):
    """All connect, then all ask at once."""
    answers, gate = [], asyncio.Event()
    jobs = [asyncio.ensure_future(scrape(port, path, answers, gate)) for _ in range(count)]
    await asyncio.sleep(0.3)
    gate.set()
    await asyncio.gather(*jobs)
    return {a: answers.count(a) for a in set(answers)}


@suite.case
def a_thousand_scrapes_at_once_cost_no_data_and_little_memory(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, config(f'otlp_http/a: {{endpoint: "http://127.0.0.1:{sink.http}"}}',
                                    "metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}"))
    track(gateway)
    assert send(gateway, 10) == 200
    before = gateway.memory_kib("Rss")
    told = []
    for port, path in (("metrics", "/metrics"), ("pages", "/pipelines"), ("pages", "/queues"), ("health", "/")):
        found = asyncio.run(storm(gateway.ports[port], path, 1000))
        assert set(found) <= {"answered", "closed", "refused"} and found.get("answered", 0) >= 16, (path, found)
        told.append(f"{path} {found['answered']}")
        assert try_get(gateway.ports["health"])[0] == 200 and send(gateway, 1) == 200
    grown = gateway.memory_kib("Rss") - before
    assert grown < 16 * 1024 or is_sanitized(build), f"{grown} KiB more"
    until("everything is sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == 14)
    return f"answered {', '.join(told)}; {grown} KiB more"


def is_sanitized(build):
    """Freed memory stays with the address sanitizer for a while: what a process holds says nothing."""
    libraries = subprocess.run(["ldd", exact_binary(build, "telemetry-gateway")], capture_output=True, text=True)
    return "libasan" in libraries.stdout or "libclang_rt" in libraries.stdout


def bombs(count, length):
    """Names as long and as hostile as an id may be."""
    return [f"{i}\"\\'&;%{{}}[]()" + "x" * length for i in range(count)]


@suite.case
def hostile_and_long_names_stay_in_their_place(track, build):
    names = bombs(300, 900)
    quoted = [name.replace("'", "''") for name in names]
    exporters = ", ".join(f"'nop/{name}': {{}}" for name in quoted)
    pipelines = ", ".join(f"'metrics/{name}': {{receivers: [otlp], exporters: ['nop/{name}']}}" for name in quoted)
    gateway = Gateway(build, config(exporters, pipelines))
    track(gateway)
    assert send(gateway, 1) == 200
    assert [p["id"] for p in document(gateway, "/pipelines")["pipelines"]] == ["metrics/" + name for name in names]
    assert {q["exporter"] for q in document(gateway, "/queues")["queues"]} == {"nop/" + name for name in names}
    started = time.monotonic()
    page = get(gateway.ports["metrics"], "/metrics")[2]
    took = time.monotonic() - started
    seen = set()
    for line in page.decode().splitlines():
        found = re.fullmatch(r'(?:# .*|[a-z_]+(?:\{((?:\w+="(?:[^"\\]|\\["\\n])*",?)*)\})? \S+)', line)
        assert found, line[:200]
        for value in re.findall(r'pipeline="((?:[^"\\]|\\.)*)"', found.group(1) or ""):
            seen.add(value.replace('\\"', '"').replace("\\\\", "\\"))
    assert seen == {"metrics/" + name for name in names}
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    return f"{len(names)} pipelines, a page of {len(page) >> 10} KiB in {took * 1000:.0f} ms"


@suite.case
def readers_that_do_not_read_are_bounded(track, build):
    names = [name.replace("'", "''") for name in bombs(40, 900)]
    exporters = ", ".join(f"'nop/{name}': {{}}" for name in names)
    pipelines = ", ".join(f"'metrics/{name}': {{receivers: [otlp], exporters: ['nop/{name}']}}" for name in names)
    gateway = Gateway(build, config(exporters, pipelines))
    track(gateway)
    before, held = gateway.memory_kib("Rss"), []
    try:
        for _ in range(200):
            s = socket.create_connection(("127.0.0.1", gateway.ports["metrics"]), timeout=5)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            held.append(s)
        until("health answers", lambda: try_get(gateway.ports["health"]))
        page = until("somebody who reads is let in", lambda: try_get(gateway.ports["metrics"], "/metrics"))
        size = len(page[2])
        grown = gateway.memory_kib("Rss") - before
        assert grown < 32 * 1024 or is_sanitized(build), f"{grown} KiB more"
        assert send(gateway, 1) == 200
    finally:
        for s in held:
            s.close()
    return f"200 connections that ask and do not read a page of {size >> 10} KiB: {grown} KiB more"


class Backend(http.server.BaseHTTPRequestHandler):
    """Takes the data, and says something hostile about it."""
    words = ("\x1b[2J\x1b[31m\r\n" + json.dumps({"level": "error", "msg": "Everything was deleted", "ts": "2026-01-01T00:00:00.000Z"}) +
             "\n\u009b2J\u2028\t\x00" + "A" * 5000)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = otlp.field(1, otlp.varint(8) + otlp.varint(2) + otlp.field(2, self.words.encode()))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@suite.case
def words_of_a_backend_stay_in_their_log_line(track, build):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for encoding in ("json", "console"):
            text = config(f'otlp_http/a: {{endpoint: "http://127.0.0.1:{server.server_port}"}}',
                          "metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}")
            gateway = Gateway(build, text.replace("telemetry: {", f"telemetry: {{logs: {{encoding: {encoding}}}, "))
            track(gateway)
            assert send(gateway, 10) == 200
            until("the message is logged", lambda: "Partial success response" in gateway.output())
            assert gateway.metric("telemetry_exporter_rejected_points_total") == 2
            gateway.stop()
            with open(gateway.log.name, "rb") as f:
                log = f.read()
            assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", log), "control characters in the log"
            for line in log.decode().splitlines():
                assert len(line) < 4096 and (json.loads(line)["msg"] if encoding == "json" else re.match(r"20\d\d-[^\t]*\t(info|warn)\t", line))
                assert "deleted" not in line or "Partial success response" in line
    finally:
        server.shutdown()
        server.server_close()


@suite.case
def pages_are_on_loopback_unless_told_and_never_in_the_way(track, build):
    gateway = Gateway(build, config(), "--option", "pages.endpoint=none")
    track(gateway)
    assert gateway.ports["pages"] not in gateway.listens() and gateway.ports["metrics"] in gateway.listens()
    second = Gateway(build, config(), "--option", f"pages.endpoint=127.0.0.1:{gateway.ports['metrics']}")
    track(second)
    assert "There are no pages: their address cannot be opened" in second.output()
    assert get(second.ports["health"])[0] == 200
    port = free_port()
    third = Gateway(build, config(more=f', zpages: {{endpoint: "127.0.0.1:{port}"}}', used=", zpages"))
    track(third)
    assert get(port, "/pipelines")[0] == 200 and third.listens() >= {port} and third.ports["pages"] not in third.listens()
    for bad in (", zpages: {endpoint: nothing}", ", zpages: {endpoint: '127.0.0.1:1', auth: {authenticator: x}}",
                ", zpages: {endpoint: '127.0.0.1:1', tls: {cert_file: /nothing, key_file: /nothing}}"):
        stopped = Gateway(build, config(more=bad, used=", zpages"), wait=False)
        track(stopped)
        until("it stops", lambda: not stopped.alive())
        assert stopped.process.returncode in (1, 78) and "zpages" in stopped.output(), stopped.output()


if __name__ == "__main__":
    environment(os.path.abspath(sys.argv[1]))
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
