#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backends behind networks that cut, stall, drip and delay: nothing accepted is lost, and a healthy destination beside a
sick one does not notice (faults.md D2-D6). TEL_BUDGET=short: fewer positions.   networks.py BUILDDIR"""
import os
import select
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
from harness import Gateway, Sink, Suite, environment, get, until  # noqa: E402
import otlp  # noqa: E402

SHORT = os.environ.get("TEL_BUDGET") == "short"
CONFIG = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:{http}"}}}}
exporters: {EXPORTERS}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check], pipelines: {PIPELINES},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: error}}}
"""
suite = Suite()


class Net:
    """A TCP proxy. cut(n): how many bytes connection n may carry towards the backend and back before both ends are reset;
    rate: bytes per second towards the backend; delay: seconds that each piece waits; hole: after so many bytes from the client
    (0: from the first one of either side) nothing passes any more, and nobody is told."""

    def __init__(self, port, cut=None, rate=None, delay=0, hole=None):
        self.target, self.cut, self.rate, self.delay, self.hole = port, cut, rate, delay, hole
        self.connections = 0
        self.seen = {}  # bytes carried, by whether towards the backend
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            n, self.connections = self.connections, self.connections + 1
            try:
                backend = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            limits = self.cut(n) if self.cut else (None, None)
            hole = self.hole(n) if self.hole else None
            threading.Thread(target=self._carry, args=(client, backend, limits, hole), daemon=True).start()

    def _carry(self, client, backend, limits, hole):
        carried, open_ends = {client: 0, backend: 0}, {client, backend}
        limit = {client: limits[0], backend: limits[1]}
        for s in (client, backend):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close is a reset
        try:
            while open_ends:
                if any(limit[s] is not None and carried[s] >= limit[s] for s in carried):
                    break
                for s in select.select(list(open_ends), [], [], 1)[0]:
                    to, rate = (backend, self.rate) if s is client else (client, None)
                    data = s.recv(min(65536, 65536 if limit[s] is None else limit[s] - carried[s], rate // 10 if rate else 65536))
                    self.seen[s is client] = self.seen.get(s is client, 0) + len(data)
                    if not data:
                        open_ends.discard(s)
                        to.shutdown(socket.SHUT_WR)
                        continue
                    time.sleep(self.delay + (len(data) / rate if rate else 0))
                    carried[s] += len(data)
                    if hole is not None and (carried[client] > hole or hole == 0):
                        time.sleep(60)  # the network has forgotten this connection
                        return
                    to.sendall(data)
            else:
                for s in (client, backend):
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        except OSError:
            pass
        for s in (client, backend):
            s.close()

    def stop(self):
        self.socket.close()


def exporter(kind, port, timeout="2s"):
    endpoint = f"127.0.0.1:{port}" if kind == "otlp_grpc" else f"http://127.0.0.1:{port}"
    return (f'{{endpoint: "{endpoint}", compression: none, tls: {{insecure: true}}, timeout: {timeout}, retry_on_failure: '
            '{initial_interval: 1ms, max_interval: 2ms, max_elapsed_time: 0s}}')


def start(track, build, exporters):
    text = CONFIG.replace("EXPORTERS", ", ".join(f"{name}: {options}" for name, options in exporters.items()))
    text = text.replace("PIPELINES", ", ".join(f"metrics/{i}: {{receivers: [otlp], exporters: [{name}]}}"
                                               for i, name in enumerate(exporters)))
    gateway = Gateway(build, text)
    track(gateway)
    return gateway


def send(gateway, count, first):
    status = get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(count, first),
                 {"Content-Type": "application/x-protobuf"})[0]
    assert status == 200, status


def sent(gateway, name):
    return gateway.metric("otelcol_exporter_sent_metric_points_total", exporter=name)


def check_nothing_lost(gateway, names):
    assert gateway.metric("telemetry_exporter_dropped_points_total") == 0
    assert gateway.metric("otelcol_exporter_send_failed_metric_points_total") == 0
    for name in names:
        assert gateway.metric("telemetry_exporter_queue_points", exporter=name) == 0


@suite.case
def a_reset_at_every_byte_of_a_request_over_http(track, build):
    """D3, D4: each connection gets one byte further than the one before; when the request is through, so does the answer."""
    sink = Sink(build)
    track(sink)
    step = 10 if SHORT else 1
    size = [0]

    def cut(n):
        at = n * step
        return (at, None) if at < size[0] else (None, at - size[0])
    net = Net(sink.http, cut)
    probe = Net(sink.http)  # what one exchange carries is learnt first
    gateway = start(track, build, {"otlp_http": exporter("otlp_http", probe.port)})
    send(gateway, 3, 0)
    until("the probe is through", lambda: sent(gateway, "otlp_http") == 3)
    gateway.stop()
    size[0] = probe.seen[True]
    gateway = start(track, build, {"otlp_http": exporter("otlp_http", net.port)})
    send(gateway, 3, 0)
    until("the request is through", lambda: sent(gateway, "otlp_http") == 3, 120)
    check_nothing_lost(gateway, ["otlp_http"])
    attempts = net.connections
    assert attempts * step > size[0], (attempts, size)
    gateway.stop()
    net.stop()
    probe.stop()
    arrived = sink.totals()[1] - 3
    assert arrived >= 3 and arrived % 3 == 0
    return f"request of {size[0]} bytes, {attempts} connections, 0 lost, {arrived // 3 - 1} duplicates (answers that were cut)"


@suite.case
def resets_within_calls_over_grpc(track, build):
    """D3 over gRPC, whose attempts to connect are a second apart: some bytes instead of all (every call of the socket is
    cut in tests/net/test_grpc_client)."""
    sink = Sink(build)
    track(sink)
    places = (0, 10, 24, 60) if SHORT else (0, 1, 9, 23, 24, 33, 60, 100, 200, 300)

    def cut(n):
        return (places[n], None) if n < len(places) else (None, 40) if n == len(places) else (None, None)
    net = Net(sink.grpc, cut)
    gateway = start(track, build, {"otlp_grpc": exporter("otlp_grpc", net.port)})
    send(gateway, 3, 0)
    until("the request is through", lambda: sent(gateway, "otlp_grpc") == 3, 120)
    check_nothing_lost(gateway, ["otlp_grpc"])
    assert net.connections >= len(places) // 2
    gateway.stop()
    net.stop()
    arrived = sink.totals()[1]
    assert arrived >= 3
    return f"{net.connections} connections, 0 lost, {arrived // 3 - 1} duplicates"


@suite.case
def a_network_that_forgets_a_connection_is_found_out_by_the_timeout(track, build):
    """D2: no FIN, no reset; the first connections of each transport swallow everything from some byte on. That of gRPC not even
    gets the backend's SETTINGS: one that had them is found out by keepalive only (tests/net/test_grpc_client), as in grpc-go."""
    sink = Sink(build)
    track(sink)
    nets = {"otlp_http": Net(sink.http, hole=lambda n: 50 if n < 2 else None),
            "otlp_grpc": Net(sink.grpc, hole=lambda n: 0 if n < 1 else None)}
    gateway = start(track, build, {name: exporter(name, net.port, "1s") for name, net in nets.items()})
    begun = time.monotonic()
    send(gateway, 5, 0)
    until("HTTP is through", lambda: sent(gateway, "otlp_http") == 5, 30)
    http = time.monotonic() - begun
    assert http < 2 * 2 * 1 + 2, http
    # The connection of gRPC is shared by calls: it is given up by the attempt that gets no SETTINGS.
    until("gRPC is through", lambda: sent(gateway, "otlp_grpc") == 5, 60)
    grpc = time.monotonic() - begun
    check_nothing_lost(gateway, nets)
    gateway.stop()
    for net in nets.values():
        net.stop()
    assert sink.totals()[1] == 10
    return f"timeout 1 s: HTTP through two of them in {http:.1f} s, gRPC through one in {grpc:.1f} s"


@suite.case
def a_destination_that_drips_does_not_slow_a_healthy_one(track, build):
    """D5, D13: one backend reads 100 bytes a second; the other gets everything at its usual pace."""
    sink, slow_sink = Sink(build), Sink(build)
    track(sink)
    track(slow_sink)
    net = Net(slow_sink.http, rate=100)
    rates = []
    for exporters in ({"otlp_http/good": exporter("otlp_http", sink.http)},
                      {"otlp_http/good": exporter("otlp_http", sink.http), "otlp_http/slow": exporter("otlp_http", net.port, "5s")}):
        gateway = start(track, build, exporters)
        count = 100 if SHORT else 400
        begun = time.monotonic()
        for i in range(count):
            send(gateway, 100, 100 * i)
        until("the good one has everything", lambda: sent(gateway, "otlp_http/good") == 100 * count)
        rates.append(100 * count / (time.monotonic() - begun))
        assert gateway.metric("telemetry_exporter_dropped_points_total", exporter="otlp_http/good") == 0
        gateway.process.kill()
        gateway.process.wait()
    net.stop()
    # Both share a CPU with this client: what is asserted is that nobody waits for the slow one.
    assert rates[1] > rates[0] / 3, rates
    return f"{rates[0]:.0f} points/s alone, {rates[1]:.0f} points/s beside the one that drips"


@suite.case
def slow_links_deliver_everything(track, build):
    """D6: 300 ms each way, and 7 kB/s."""
    sink = Sink(build)
    track(sink)
    count = 5 if SHORT else 20
    nets = [Net(sink.http, delay=0.15), Net(sink.grpc, delay=0.15), Net(sink.http, rate=7000)]
    names = ("otlp_http/far", "otlp_grpc/far", "otlp_http/thin")
    gateway = start(track, build, {name: exporter(name.split("/")[0], net.port, "30s") for name, net in zip(names, nets)})
    begun = time.monotonic()
    for i in range(count):
        send(gateway, 10, 10 * i)
    for name in names:
        until(f"{name} has everything", lambda: sent(gateway, name) == 10 * count, 60)
    took = time.monotonic() - begun
    check_nothing_lost(gateway, names)
    gateway.stop()
    for net in nets:
        net.stop()
    assert sink.totals()[1] == 3 * 10 * count
    return f"{3 * 10 * count} points in {took:.1f} s, none twice"


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
