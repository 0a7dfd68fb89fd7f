#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads under load, valid and invalid ones in turn, over gRPC and HTTP: no request is refused, no point is lost, and
neither memory nor descriptors grow. 1,000 of them; 50 with TEL_BUDGET=short.   reload.py BUILDDIR"""
import os
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
from harness import Gateway, Sink, Suite, environment, until  # noqa: E402

ROUNDS = 50 if os.environ.get("TEL_BUDGET") == "short" else 1000
SETTLED = 20  # reloads after which nothing may grow any more
suite = Suite()

CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"{grpc_more}}, http: {endpoint: "127.0.0.1:{http}"{http_more}}}}}
processors: {batch: {send_batch_size: {batch}, timeout: 20ms}}
exporters:
  {kind}/a: {endpoint: "{endpoint}", compression: {compression}, tls: {insecure: true}, headers: {x-round: "{header}"},
    sending_queue: {queue_size: {queue}}}
  nop: {}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: error}}
  pipelines: {metrics/{name}: {receivers: [otlp], processors: [batch], exporters: [{kind}/a]}{more}}
"""
PLAIN = {"grpc_more": "", "http_more": "", "batch": 100, "compression": "none", "header": "0", "queue": 1000, "name": "a", "more": ""}
CHANGES = [  # each touches something else
    {},
    {"header": "1"},
    {"compression": "gzip", "header": "2"},
    {"queue": 500, "batch": 37},
    {"grpc_more": ", max_recv_msg_size_mib: 8", "http_more": ", max_request_body_size: 8000000"},
    {"more": ", metrics/second: {receivers: [otlp], exporters: [nop]}"},
    {"name": "renamed", "batch": 1},
    {"http_more": ", response_headers: {x: y}", "other": True},
]


def wrong(taken):
    """What fails in each stage: text, keys, addresses, certificates."""
    return [
        lambda text: text + "\nservice: [",
        lambda text: text.replace("send_batch_size", "send_batch_sise"),
        lambda text: text.replace("127.0.0.1:{http}", f"127.0.0.1:{taken}"),
        lambda text: text.replace('"{grpc_more}}', '", tls: {cert_file: /none, key_file: /none}}'),
    ]


def source(build, protocol, gateway, folder):
    ledger = os.path.join(folder, f"sent-{protocol.replace('/', '-')}")
    where = f"127.0.0.1:{gateway.ports['grpc']}" if protocol == "grpc" else f"http://127.0.0.1:{gateway.ports['http']}"
    return ledger, subprocess.Popen(
        [os.path.join(build, "telemetryctl"), "send", "--protocol", protocol, "--points-per-request", "5", "--rate", "300",
         "--connections", "3", "--duration", "3600s", "--ledger", ledger, where],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def reload_often(track, build, transport):
    folder = tempfile.mkdtemp(prefix="tel-chaos-")
    arrived = [os.path.join(folder, f"arrived-{i}") for i in range(2)]
    sinks = [Sink(build, "--ledger", path) for path in arrived]
    for sink in sinks:
        track(sink)
    kind = "otlp_grpc" if transport == "grpc" else "otlp_http"
    endpoints = [f"127.0.0.1:{s.grpc}" if transport == "grpc" else f"http://127.0.0.1:{s.http}" for s in sinks]
    gateway = Gateway(build, CONFIG, "--option", "drain=5s", kind=kind, endpoint=endpoints[0], **PLAIN)
    track(gateway)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sources = [source(build, protocol, gateway, folder) for protocol in ("grpc", "http/protobuf")]
        try:
            grown = churn(gateway, wrong(taken.getsockname()[1]), kind, endpoints)
        finally:
            for _, process in sources:
                process.send_signal(signal.SIGTERM)
            said = [process.communicate(timeout=60)[0] for _, process in sources]
    for (_, process), text in zip(sources, said):
        assert process.returncode == 0, text  # 1 when anything was not accepted
    until("the queue is empty", lambda: gateway.metric("telemetry_exporter_queue_points") == 0, 60)
    assert gateway.metric("telemetry_exporter_dropped_points_total") == 0
    assert gateway.metric("telemetry_refused_points_total") == 0
    acknowledged = sum(verdict(ledger, arrived) for ledger, _ in sources)
    assert gateway.stop() == 0
    return f"{ROUNDS} reloads, {acknowledged} points acknowledged, 0 lost, 0 requests refused, {grown}"


def accepted(gateway):
    return gateway.metric("otelcol_receiver_accepted_metric_points_total")


def churn(gateway, faults, kind, endpoints):
    rss = descriptors = 0
    for i in range(ROUNDS):
        valid = i % 2 == 0
        change = {**PLAIN, **CHANGES[i // 2 % len(CHANGES)]}
        values = {**change, "kind": kind, "endpoint": endpoints[1 if change.get("other") else 0]}
        gateway.values.update(values)
        gateway.reload(CONFIG if valid else faults[i // 2 % len(faults)](CONFIG), valid)
        taken = accepted(gateway)
        until("data keeps coming", lambda: accepted(gateway) > taken + 10)
        if i + 1 == SETTLED:
            rss, descriptors = gateway.memory_kib("Rss"), gateway.descriptors()
    until("what is not needed has ended", lambda: gateway.descriptors() <= descriptors + 4, 30)
    grown = gateway.memory_kib("Rss") - rss
    assert grown < 2048, f"resident memory grew by {grown} KiB"
    return f"resident memory {grown:+d} KiB, {gateway.descriptors() - descriptors:+d} descriptors"


def verdict(ledger, arrived):
    """Both sources number their points from 0; a sink's lines say whose they are."""
    sent = {}
    with open(ledger, encoding="ascii") as f:
        for line in f:
            who, first, last = line.split()
            sent.setdefault(who, set()).update(range(int(first), int(last) + 1))
    got = {}
    for path in arrived:
        with open(path, encoding="ascii") as f:
            for line in f:
                who, first, last = line.split()
                got.setdefault(who, set()).update(range(int(first), int(last) + 1))
    lost = {who: sorted(numbers - got.get(who, set()))[:10] for who, numbers in sent.items() if numbers - got.get(who, set())}
    assert sent and not lost, f"acknowledged and missing: {lost}"
    return sum(len(numbers) for numbers in sent.values())


@suite.case
def reloads_under_load_over_grpc(track, build):
    return reload_often(track, build, "grpc")


@suite.case
def reloads_under_load_over_http(track, build):
    return reload_often(track, build, "http")


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
