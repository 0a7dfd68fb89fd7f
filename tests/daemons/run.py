#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The programs end to end, as a user starts them.   run.py BUILDDIR"""
import gzip
import http.server
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import otlp
from harness import ConnectProxy, Gateway, Program, Sink, Suite, environment, get, make_certificates, recorded_requests, until

HERE = os.path.dirname(os.path.abspath(__file__))
PROTO = {"Content-Type": "application/x-protobuf"}
suite = Suite()

SIMPLE = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: 200}, batch: {timeout: 100ms}}
exporters: {EXPORTER}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {encoding: json}}
  pipelines: {metrics: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [EXPORTERS]}}
"""


def simple(exporters):
    body = ", ".join(f"{name}: {options}" for name, options in exporters.items())
    return SIMPLE.replace("{EXPORTER}", "{" + body + "}").replace("EXPORTERS", ", ".join(exporters))


def http_exporter(port, compression="none", more=""):
    return f'{{endpoint: "http://127.0.0.1:{port}", compression: {compression}{more}}}'


def grpc_exporter(port, compression="none"):
    return f'{{endpoint: "127.0.0.1:{port}", compression: {compression}, tls: {{insecure: true}}}}'


def send(gateway, body, **headers):
    return get(gateway.ports["http"], "/v1/metrics", "POST", body, {**PROTO, **headers})


def ctl(build, *args, **kwargs):
    return subprocess.run([os.path.join(build, "telemetryctl"), *args], capture_output=True, timeout=60, **kwargs)


def offers_snappy(build):
    """libsnappy is optional: where it is missing the words of the refusal are the test."""
    done = ctl(build, "send", "--protocol", "grpc", "--compression", "snappy", "--requests", "1", "--timeout", "1s",
               "127.0.0.1:1")
    return () if b"needs libsnappy" in done.stderr else ("snappy",)


def zstd(body):
    """By the zstd tool, another writer than ours; None where it is not installed."""
    if not shutil.which("zstd"):
        return None
    return subprocess.run(["zstd", "-q", "-c"], input=body, capture_output=True, check=True).stdout


@suite.case
def encrypted_points_travel_through_the_proxy_of_the_environment(track, build):
    with tempfile.TemporaryDirectory() as folder:
        at = make_certificates(folder)
        sink = Sink(build, "--cert", at("cert.pem"), "--key", at("key.pem"))
        track(sink)
        proxy = ConnectProxy()
        trust = f"tls: {{ca_file: {at('ca.pem')}}}"
        exporters = simple({"otlp_grpc": f'{{endpoint: "node.test:{sink.grpc}", {trust}}}',
                            "otlp_http": f'{{endpoint: "https://node.test:{sink.http}", {trust}}}'})
        variables = os.path.join(folder, "env")
        os.mkdir(variables)
        with open(os.path.join(variables, "HTTPS_PROXY"), "w", encoding="ascii") as f:
            f.write(f"http://me:s3cret@127.0.0.1:{proxy.port}\n")
        gateway = Gateway(build, exporters, "--env-dir", variables)
        track(gateway)
        assert send(gateway, otlp.points_request(100))[0] == 200
        sent = lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == 200
        until("both have sent", sent)
        assert sorted(proxy.asked) == sorted(f"CONNECT node.test:{port} HTTP/1.1" for port in (sink.grpc, sink.http)), proxy.asked
        assert "s3cret" not in gateway.output()
        assert gateway.stop() == 0
        proxy.stop()
        assert sink.totals()[1] == 200


@suite.case
def tools_speak_tls_both_ways(track, build):
    with tempfile.TemporaryDirectory() as folder:
        at = make_certificates(folder)
        ours = ["--cert", at("cert.pem"), "--key", at("key.pem")]
        sink = Sink(build, *ours)
        track(sink)
        mutual = Sink(build, *ours, "--client-ca", at("ca.pem"))
        track(mutual)
        ca, skip, name = ["--ca", at("ca.pem")], ["--insecure-skip-verify"], ["--server-name", "node.test"]
        rows = [
            (sink, "localhost", ca, None), (sink, "127.0.0.1", ca + name, None), (sink, "localhost", skip, None),
            (mutual, "localhost", ca + ours, None), (mutual, "localhost", skip + ours, None),
            (sink, "localhost", ["--ca", at("stranger.pem")], b"certificate"),
            (sink, "127.0.0.1", ca, b"certificate"),
            (sink, "localhost", ca + ["--server-name", "other.test"], b"certificate"),
            (mutual, "localhost", ca, b"first refusal:"),
        ]
        for who, host, options, refusal in rows:
            for protocol in ("grpc", "http/protobuf", "http/json"):
                endpoint = f"{host}:{who.grpc}" if protocol == "grpc" else f"https://{host}:{who.http}"
                done = ctl(build, "send", "--protocol", protocol, "--points-per-request", "7", *options, endpoint)
                assert done.returncode == (1 if refusal else 0), (protocol, options, done.stdout, done.stderr)
                assert not refusal or refusal in done.stdout, done.stdout
        for bad in (["--cert", "x"], ["--client-ca", "x"]):
            assert ctl(build, "sink", *bad).returncode == 2
        for bad in (["--cert", "x", "https://h:1"], ["--ca", "x", "http://h:1"], ["--ca", "x", "h:1"]):
            assert ctl(build, "send", *bad).returncode == 2, bad
        assert (sink.totals()[1], mutual.totals()[1]) == (63, 42)


@suite.case
def bodies_of_other_compressors_are_read(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, simple({"otlp_http": http_exporter(sink.http, "zstd")}))
    track(gateway)
    body = otlp.points_request(100)
    sent = 0
    for coding, packed in {"zlib": zlib.compress(body), "deflate": zlib.compress(body), "zstd": zstd(body)}.items():
        if packed is None:
            continue
        assert send(gateway, packed, **{"Content-Encoding": coding})[0] == 200, coding
        assert send(gateway, packed[:-3], **{"Content-Encoding": coding})[0] == 400, coding
        assert send(gateway, packed + b"more", **{"Content-Encoding": coding})[0] == 400, coding
        sent += 100
    bombs = {"zlib": zlib.compress(b"\0" * (64 << 20)), "zstd": zstd(b"\0" * (64 << 20))}
    for coding, bomb in bombs.items():
        assert bomb is None or send(gateway, bomb, **{"Content-Encoding": coding})[0] == 413, coding
    until("all points are sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == sent)
    assert gateway.stop() == 0
    assert sink.totals()[1] == sent


@suite.case
def points_travel_over_every_transport_and_coding(track, build):
    sink = Sink(build)
    track(sink)
    total = 0
    snappy = offers_snappy(build)
    exporters = [("otlp_http/" + coding, http_exporter(sink.http, coding))
                 for coding in ("none", "gzip", "zlib", "deflate", "zstd") + snappy]
    exporters += [("otlp_grpc/" + coding, grpc_exporter(sink.grpc, coding)) for coding in ("none", "gzip", "zstd") + snappy]
    for name, exporter in exporters:
        gateway = Gateway(build, simple({name: exporter}))
        track(gateway)
        assert send(gateway, otlp.points_request(100))[0] == 200
        assert send(gateway, gzip.compress(otlp.points_request(100)), **{"Content-Encoding": "gzip"})[0] == 200
        codings = ("none", "gzip", "zstd") + snappy
        for coding in codings:
            done = ctl(build, "send", "--protocol", "grpc", "--compression", coding, "--requests", "5",
                       "--points-per-request", "20", f"127.0.0.1:{gateway.ports['grpc']}")
            assert done.returncode == 0, done.stderr
        all_points = 200 + 100 * len(codings)
        until("all points are sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == all_points)
        assert gateway.metric("otelcol_receiver_accepted_metric_points_total", transport="http") == 200
        assert gateway.metric("otelcol_receiver_accepted_metric_points_total", transport="grpc") == 100 * len(codings)
        assert gateway.metric("otelcol_exporter_queue_size") == 0
        assert gateway.stop() == 0
        total += all_points
    assert sink.totals()[1] == total


@suite.case
def own_metrics_have_the_names_of_the_Collector(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, simple({"otlp_http": http_exporter(sink.http)}))
    track(gateway)
    send(gateway, otlp.points_request(7))
    until("points are sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == 7)
    text = get(gateway.ports["metrics"], "/metrics")[2].decode()
    scope = 'otel_scope_name="go.opentelemetry.io/collector/{}",otel_scope_schema_url="",otel_scope_version=""'
    for line in (
            'otelcol_exporter_queue_capacity{data_type="metrics",exporter="otlp_http",' + scope.format("exporter/exporterhelper") + "} 1000",
            'otelcol_exporter_sent_metric_points_total{exporter="otlp_http",' + scope.format("exporter/exporterhelper") + "} 7",
            'otelcol_processor_accepted_metric_points_total{' + scope.format("processor/memorylimiterprocessor") + ',processor="memory_limiter"} 7',
            'otelcol_processor_incoming_items_total{' + scope.format("processor/processorhelper") + ',otel_signal="metrics",processor="memory_limiter"} 7',
            'otelcol_processor_batch_batch_send_size_bucket{' + scope.format("processor/batchprocessor") + ',processor="batch",le="10"} 1',
            'otelcol_processor_batch_timeout_trigger_send_total{' + scope.format("processor/batchprocessor") + ',processor="batch"} 1',
            'otelcol_receiver_accepted_metric_points_total{' + scope.format("receiver/receiverhelper") + ',receiver="otlp",transport="http"} 7',
            'otelcol_receiver_failed_metric_points_total{' + scope.format("receiver/receiverhelper") + ',receiver="otlp",transport="http"} 0',
            'promhttp_metric_handler_errors_total{cause="encoding"} 0'):
        assert line in text.splitlines(), f"missing: {line}\n{text}"
    for name in ("otelcol_process_cpu_seconds_total", "otelcol_process_memory_rss_bytes", "otelcol_process_uptime_seconds_total",
                 "otelcol_process_runtime_heap_alloc_bytes", "otelcol_process_runtime_total_sys_memory_bytes", "target_info"):
        assert f"\n{name}{{" in text, name
    health = get(gateway.ports["health"], "/any/path")
    assert health[0] == 200 and health[2].startswith(b'{"status":"Server available","upSince":"20')
    assert health[1]["content-type"] == "application/json" if "content-type" in health[1] else health[1]["Content-Type"]


@suite.case
def bad_requests_get_their_status_and_cost_nothing_else(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, simple({"otlp_http": http_exporter(sink.http)}))
    track(gateway)
    good = otlp.points_request(10)
    bomb = gzip.compress(b"\0" * (64 << 20), 9)
    rows = [  # what, path, method, body, headers, status, gRPC code of the Status or None for text
        ("truncated", "/v1/metrics", "POST", good[:-3], {}, 400, 3),
        ("tag 0", "/v1/metrics", "POST", b"\0\0" + good, {}, 400, 3),
        ("group", "/v1/metrics", "POST", b"\x0b" * 1000, {}, 400, 3),
        ("overlong varint", "/v1/metrics", "POST", b"\x0a" + b"\x80" * 11 + b"\x00", {}, 400, 3),
        ("depth 65", "/v1/metrics", "POST", otlp.nested(65), {}, 400, 3),
        ("depth 100000", "/v1/metrics", "POST", otlp.nested(10000), {}, 400, 3),
        ("too large", "/v1/metrics", "POST", b"\0" * (20 * 1024 * 1024 + 1), {}, 413, 3),
        ("bomb", "/v1/metrics", "POST", bomb, {"Content-Encoding": "gzip"}, 413, 3),
        ("broken gzip", "/v1/metrics", "POST", b"not gzip at all", {"Content-Encoding": "gzip"}, 400, 3),
        ("cut gzip", "/v1/metrics", "POST", gzip.compress(good)[:-9], {"Content-Encoding": "gzip"}, 400, 3),
        ("unknown coding", "/v1/metrics", "POST", good, {"Content-Encoding": "br"}, 400, 3),
        ("wrong type", "/v1/metrics", "POST", good, {"Content-Type": "text/html"}, 415, None),
        ("wrong method", "/v1/metrics", "GET", None, {}, 405, None),
        ("wrong path", "/v1/metrics/", "POST", good, {}, 404, None),
    ]
    for what, path, method, body, headers, wanted, code in rows:
        status, answer_headers, answer = get(gateway.ports["http"], path, method, body, {**PROTO, **headers})
        assert status == wanted, f"{what}: {status} {answer[:200]}"
        if code is not None:
            assert otlp.status(answer)[0] == code, f"{what}: {answer[:200]}"
            assert {k.lower(): v for k, v in answer_headers.items()}["content-type"] == "application/x-protobuf", what
    assert otlp.nested(64) and send(gateway, otlp.nested(64))[0] == 200
    assert send(gateway, good)[0] == 200
    assert send(gateway, b"")[0] == 200  # an empty request is valid, and not counted
    until("good points are sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == 11)
    assert gateway.metric("telemetry_receiver_refused_requests_total", transport="http", reason="malformed") == 8
    assert gateway.metric("telemetry_receiver_refused_requests_total", transport="http", reason="too_large") == 2
    assert gateway.metric("telemetry_receiver_refused_requests_total", transport="http", reason="unsupported") == 4
    assert gateway.metric("otelcol_receiver_accepted_metric_points_total") == 11
    assert gateway.stop() == 0 and sink.totals()[1] == 11


JSON = {"Content-Type": "application/json"}


def json_request(points):
    values = [{"asInt": i if i % 2 else str(i), "timeUnixNano": "1700000000000000000"} for i in range(points)]
    gauge = {"name": "g", "gauge": {"dataPoints": values}}
    return json.dumps({"resourceMetrics": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "j\u00e9"}}]},
                                            "scopeMetrics": [{"metrics": [gauge]}]}]}).encode()


@suite.case
def json_travels_in_and_out_and_is_answered_in_json(track, build):
    sink = Sink(build)
    track(sink)
    for coding in ("none", "gzip"):
        gateway = Gateway(build, simple({"otlp_http": http_exporter(sink.http, coding, ", encoding: json")}))
        track(gateway)
        status, headers, answer = get(gateway.ports["http"], "/v1/metrics", "POST", json_request(10), JSON)
        assert (status, answer) == (200, b'{"partialSuccess":{}}'), answer
        assert {k.lower(): v for k, v in headers.items()}["content-type"] == "application/json"
        packed = {**JSON, "Content-Encoding": "gzip"}
        assert get(gateway.ports["http"], "/v1/metrics", "POST", gzip.compress(json_request(20)), packed)[0] == 200
        assert send(gateway, otlp.points_request(30))[0] == 200
        done = ctl(build, "send", "--protocol", "http/json", "--compression", coding, "--requests", "2",
                   "--points-per-request", "20", f"http://127.0.0.1:{gateway.ports['http']}")
        assert done.returncode == 0, done.stderr
        until("all points are sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == 100)
        for body, text in ((b"", "empty text"), (b"{", "text ends early"), (b'{"resourceMetrics":7}', "wants an array"),
                           (b'{"x":' + b"[" * 100000, "nested too deeply")):
            status, _, answer = get(gateway.ports["http"], "/v1/metrics", "POST", body, JSON)
            assert status == 400 and json.loads(answer)["code"] == 3 and text in json.loads(answer)["message"], answer
        assert gateway.stop() == 0
    assert sink.totals()[1] == 200


@suite.case
def decode_reads_what_it_writes_in_json(track, build):
    text = json_request(5)
    done = ctl(build, "decode", "--from", "otlp-json", "--to", "otlp-json", "-", input=text)
    assert done.returncode == 0, done.stderr
    again = ctl(build, "decode", "--from", "otlp-json", "--to", "otlp-json", "-", input=done.stdout)
    assert again.stdout == done.stdout and b'"asInt":"3"' in done.stdout
    bad = ctl(build, "decode", "--from", "otlp-json", "-", input=b'{\n "resourceMetrics": 5}')
    assert bad.returncode == 1 and bad.stderr.startswith(b"-:2:21: JSON: resourceMetrics: wants an array"), bad.stderr


@suite.case
def text_that_is_not_utf8_is_cut_out_alone(track, build):
    sink = Sink(build)
    track(sink)
    body = otlp.request([otlp.gauge("good", [otlp.point(1)]), otlp.gauge(b"bad\xff", [otlp.point(2), otlp.point(3)])])
    gateway = Gateway(build, simple({"otlp_http": http_exporter(sink.http)}))
    track(gateway)
    status, _, answer = send(gateway, body)
    assert status == 200 and b"\x08\x02" in answer, answer  # partial_success.rejected_data_points = 2
    until("the good point is sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == 1)
    assert gateway.metric("telemetry_receiver_cut_points_total") == 2
    gateway.stop()
    forward = Gateway(build, simple({"otlp_http": http_exporter(sink.http)}), "--option", "otlp.utf8=forward")
    track(forward)
    assert send(forward, body)[2] == b""
    until("all are sent", lambda: forward.metric("otelcol_exporter_sent_metric_points_total") == 3)


@suite.case
def wrong_usage_and_wrong_configurations_say_what_and_where(track, build):
    program = os.path.join(build, "telemetry-gateway")

    def run(*args, text=None):
        return subprocess.run([program, *args], capture_output=True, timeout=20, input=text)

    assert run("--help").returncode == 0 and run("--version").stdout.startswith(b"telemetry-gateway (libtelemetry) ")
    for args in (["--nonsense"], ["--config"], [], ["operand"], ["--storage", "/tmp", "--config", "yaml:a"],
                 ["--config", "yaml:a: b", "--option", "x=y"]):
        done = run(*args)
        assert done.returncode == 2 and done.stderr, (args, done)
    assert run("--config", "/does/not/exist").returncode == 78
    bad = simple({"otlp_http": '{endpoint: "http://127.0.0.1:1", sending_queue: {queue_sise: 3}}'})
    for name in ("grpc", "http", "metrics", "health"):
        bad = bad.replace("{" + name + "}", "1")
    done = run("--config", "-", text=bad.encode())
    assert done.returncode == 78 and b"queue_sise" in done.stderr and b"-:4:" in done.stderr, done.stderr
    good = bad.replace("queue_sise", "queue_size")
    done = run("--config", "-", "--validate", text=good.encode())
    assert done.returncode == 0 and not done.stdout, done
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    done = run("--config", "-", text=good.replace("127.0.0.1:1\"}, http", f"127.0.0.1:{taken.getsockname()[1]}\"}}, http").encode())
    assert done.returncode == 1 and b"in use" in done.stderr, done.stderr
    assert b"failed to start" in done.stderr, done.stderr
    done = run("--config", "-", "--env-dir", "/does/not/exist", text=good.encode())
    assert done.returncode == 78 and b"/does/not/exist" in done.stderr, done.stderr


@suite.case
def a_limit_beyond_all_messages_is_no_limit(track, build):
    gateway = Gateway(build, simple({"nop": "{}"}).replace(':{grpc}"', ':{grpc}", max_recv_msg_size_mib: 17592186044416'))
    track(gateway)
    done = ctl(build, "send", "--protocol", "grpc", f"127.0.0.1:{gateway.ports['grpc']}")
    assert done.returncode == 0, done.stdout


@suite.case
def a_dead_backend_does_not_flood_the_log(track, build):
    text = simple({"otlp_http": http_exporter(1, more=", sending_queue: {enabled: false}, retry_on_failure: {enabled: false}")})
    for sampling, least, most in ("", 10, 12), (", sampling: {enabled: false}", 150, 1000):
        gateway = Gateway(build, text.replace("[memory_limiter, batch]", "[memory_limiter]")
                          .replace("encoding: json", "encoding: json" + sampling))
        track(gateway)
        for i in range(150):
            assert send(gateway, otlp.points_request(1, i))[0] == 503
        assert gateway.stop() == 0
        assert least <= gateway.output().count("Exporting failed.") <= most, gateway.output()
        assert '"endpoint":"127.0.0.1:' in gateway.output()  # where it listens


@suite.case
def a_stop_sends_what_is_queued(track, build):
    sink = Sink(build)
    track(sink)
    text = simple({"otlp_http": http_exporter(sink.http)}).replace("timeout: 100ms", "timeout: 60s")
    gateway = Gateway(build, text)
    track(gateway)
    for i in range(5):
        assert send(gateway, otlp.points_request(10, i * 10))[0] == 200
    assert gateway.metric("telemetry_exporter_queue_points") == 50
    assert gateway.stop() == 0
    assert sink.totals() == (1, 50)


@suite.case
def a_stop_with_a_dead_backend_ends_at_its_deadline_and_says_what_is_lost(track, build):
    retry = ", retry_on_failure: {initial_interval: 200ms, max_interval: 300ms}"
    gateway = Gateway(build, simple({"otlp_http": http_exporter(1, more=retry)}), "--option", "drain=2s")
    track(gateway)
    assert send(gateway, otlp.points_request(10))[0] == 200
    started = time.monotonic()
    assert gateway.stop() == 0
    assert 1.0 < time.monotonic() - started < 6
    assert '"dropped_points":"10"' in gateway.output(), gateway.output()


@suite.case
def a_second_signal_stops_at_once(track, build):
    retry = ", retry_on_failure: {initial_interval: 200ms, max_interval: 300ms}"
    gateway = Gateway(build, simple({"otlp_http": http_exporter(1, more=retry)}), "--option", "drain=60s")
    track(gateway)
    assert send(gateway, otlp.points_request(10))[0] == 200
    gateway.process.send_signal(signal.SIGTERM)
    until("the drain began", lambda: "Starting shutdown" in gateway.output())
    started = time.monotonic()
    assert gateway.stop() == 1 and time.monotonic() - started < 5


@suite.case
def a_kyma_gateway_with_a_dead_backend_takes_250000_points_one_by_one(track, build):
    with open(os.path.join(HERE, "kyma.yaml"), encoding="utf-8") as f:
        gateway = Gateway(build, f.read(), backend=1)
    track(gateway)
    before = gateway.memory_kib("Private_Dirty")
    done = ctl(build, "send", "--protocol", "grpc", "--compression", "none", "--requests", "280000", "--connections", "4",
               "--points-per-request", "1", "--stop-at-refusal", f"127.0.0.1:{gateway.ports['grpc']}")
    accepted = gateway.metric("otelcol_receiver_accepted_metric_points_total")
    queued = gateway.metric("telemetry_exporter_queue_points")
    grown = (gateway.memory_kib("Private_Dirty") - before) / 1024
    assert done.returncode == 1, done.stderr  # something was refused in the end
    assert accepted >= 250000, accepted
    assert queued == accepted, (queued, accepted)
    return f"{accepted:.0f} points accepted before the first refusal, {grown:.0f} MiB private"


def exact(text):
    """A JSON text as values in which doubles are equal when their bits are."""
    def bits(number):
        return struct.pack("<d", float(number))
    return json.loads(text, parse_float=bits, parse_int=bits)


@suite.case
def what_real_SDKs_sent_arrives_as_an_independent_decoder_reads_it(track, build):
    known = {"node-json-gauges.json", "node-json-observables.json", "rust-json-unicode.json"}  # doc/differences.md: null
    sink = Sink(build, print_form="json")
    track(sink)
    # Without a queue, in its own order; our own batch would merge requests.
    gateway = Gateway(build, simple({"otlp_http": http_exporter(sink.http, more=", sending_queue: {enabled: false}")})
                      .replace(", batch]", "]"))
    track(gateway)
    requests, wanted, refused = recorded_requests(), [], 0
    for name, body, kind, stem in requests:
        with open(stem + ".headers.json", encoding="utf-8") as f:
            recorded = dict(json.load(f).get("headers", []))
        headers = {key: value for key, value in recorded.items()
                   if key.lower() not in ("host", "connection", "content-length", "transfer-encoding")}
        headers = {**headers, "Content-Type": recorded.get("Content-Type", recorded.get("content-type", kind))}
        if {key.lower(): value for key, value in headers.items()}.get("content-encoding") == "gzip":
            body = gzip.compress(body)
        status = get(gateway.ports["http"], "/v1/metrics", "POST", body, headers)[0]
        verdict = 200
        if kind == "application/json" and name not in known:
            with open(stem + ".collector.json", encoding="utf-8") as f:
                verdict = 200 if json.load(f)["verdict"] == "accepted" else 400
        assert status == verdict, (name, status, verdict)
        refused += status != 200
        if status == 200:
            wanted.append((name, stem))
    until("all is printed", lambda: len(sink.printed()) >= len(wanted))
    lines = sink.printed()
    assert len(lines) == len(wanted), (len(lines), len(wanted))
    for line, (name, stem) in zip(lines, wanted):
        with open(stem + ".expected.json", encoding="utf-8") as f:
            assert exact(line) == exact(f.read()), name
    return f"{len(requests)} requests, {refused} refused as by the Collector"


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers the next of its server's answers, (status, Retry-After or None), then 200."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.times.append(time.monotonic())
        status, retry_after = self.server.answers.pop(0) if self.server.answers else (200, None)
        self.send_response(status)
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@suite.case
def answers_of_a_backend_decide_between_retry_and_drop(track, build):
    rows = (  # answer, sent, attempts, seconds that at least lie between the first two (tests/sink/answers.table has all)
        ((200, None), True, 1, 0), ((204, None), True, 1, 0), ((301, None), False, 1, 0), ((400, "1"), False, 1, 0),
        ((404, None), False, 1, 0), ((413, None), True, 3, 0), ((500, "1"), False, 1, 0), ((429, "1"), True, 2, 1),
        ((429, None), True, 2, 0.1), ((502, "100"), True, 2, 0.1), ((503, "1"), True, 2, 1), ((503, "-5"), True, 2, 0.1),
        ((503, "soon"), True, 2, 0.1), ((503, "Sun, 06 Nov 1994 08:49:37 GMT"), True, 2, 0.1), ((504, None), True, 2, 0.1))
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    retry = ", retry_on_failure: {initial_interval: 100ms, max_interval: 200ms, randomization_factor: 0}"
    gateway = Gateway(build, simple({"otlp_http": http_exporter(backend.server_port, more=retry)}).replace(", batch]", "]"))
    track(gateway)
    sent = failed = 0
    for answer, good, attempts, seconds in rows:
        backend.answers, backend.times = [answer], []
        assert send(gateway, otlp.points_request(10))[0] == 200
        sent, failed = sent + 10 * good, failed + 10 * (not good)
        until(f"{answer} is settled", lambda: (gateway.metric("otelcol_exporter_sent_metric_points_total"),
                                              gateway.metric("otelcol_exporter_send_failed_metric_points_total")) == (sent, failed))
        assert len(backend.times) == attempts, (answer, len(backend.times))
        assert attempts != 2 or backend.times[1] - backend.times[0] >= seconds, (answer, backend.times)
    backend.shutdown()
    backend.server_close()
    assert gateway.stop() == 0
    assert gateway.output().count("Exporting failed. Dropping data.") == 4, gateway.output()
    return f"{len(rows)} answers"


@suite.case
def codes_of_a_backend_over_grpc_decide_between_retry_and_drop(track, build):
    rows = (  # what the sink answers first, sent, seconds that the retry waits at least
        ("status 3", False, 0), ("status 14", True, 0.1), ("status 14 1", True, 1), ("status 8", False, 0), ("status 8 1", True, 1),
        ("status 1", True, 0.1), ("status 2", False, 0), ("status 4", True, 0.1), ("status 13", False, 0), ("status 15", True, 0.1))
    with tempfile.NamedTemporaryFile("w", suffix=".script") as script:
        script.write("".join(answer + "\n" + ("1 x ok\n" if good else "") for answer, good, _ in rows)
                     .replace("status", "1 x status") + "ok\n")
        script.flush()
        sink = Sink(build, "--script", script.name)
    track(sink)
    retry = ", retry_on_failure: {initial_interval: 100ms, max_interval: 200ms, randomization_factor: 0}}"
    gateway = Gateway(build, simple({"otlp_grpc": grpc_exporter(sink.grpc)[:-1] + retry}).replace(", batch]", "]"))
    track(gateway)
    sent = failed = 0
    for answer, good, seconds in rows:
        started = time.monotonic()
        assert send(gateway, otlp.points_request(10))[0] == 200
        sent, failed = sent + 10 * good, failed + 10 * (not good)
        until(f"{answer} is settled", lambda: (gateway.metric("otelcol_exporter_sent_metric_points_total"),
                                              gateway.metric("otelcol_exporter_send_failed_metric_points_total")) == (sent, failed))
        assert time.monotonic() - started >= seconds, answer
    assert gateway.stop() == 0
    assert sink.totals() == (len(rows) + sent // 10, sent)
    return f"{len(rows)} answers"


@suite.case
def points_travel_over_mutual_TLS_and_strangers_are_told_why(track, build):
    with tempfile.TemporaryDirectory(prefix="tel-tls-") as folder:
        at = make_certificates(folder)
        pair = f"cert_file: {at('cert.pem')}, key_file: {at('key.pem')}"
        door = f"tls: {{{pair}, client_ca_file: {at('ca.pem')}}}"
        sink = Sink(build)
        track(sink)
        inner = simple({"otlp_grpc": grpc_exporter(sink.grpc)})
        for port in ("grpc", "http"):
            inner = inner.replace(f'endpoint: "127.0.0.1:{{{port}}}"', f'endpoint: "127.0.0.1:{{{port}}}", {door}')
        assert inner.count("client_ca_file") == 2, inner
        inner = Gateway(build, inner)
        track(inner)
        grpc, http = f"localhost:{inner.ports['grpc']}", f"https://localhost:{inner.ports['http']}"
        mutual = f"tls: {{ca_file: {at('ca.pem')}, {pair}}}"
        override = "server_name_override: node.test"
        quick = "retry_on_failure: {enabled: false}"
        outer = Gateway(build, simple({
            "otlp_grpc": f'{{endpoint: "{grpc}", {mutual}}}',
            "otlp_http": f'{{endpoint: "{http}", {mutual}}}',
            "otlp_grpc/override": f'{{endpoint: "127.0.0.1:{inner.ports["grpc"]}", {mutual[:-1]}, {override}}}}}',
            "otlp_http/override": f'{{endpoint: "https://127.0.0.1:{inner.ports["http"]}", {mutual[:-1]}, {override}}}}}',
            "otlp_grpc/stranger": f'{{endpoint: "{grpc}", timeout: 2s, {quick}, tls: {{ca_file: {at("stranger.pem")}}}}}',
            "otlp_grpc/nobody": f'{{endpoint: "{grpc}", timeout: 2s, {quick}, tls: {{ca_file: {at("ca.pem")}}}}}',
            "otlp_grpc/plain": grpc_exporter(inner.ports["grpc"]).replace("tls:", f"timeout: 2s, {quick}, tls:"),
            "otlp_http/name": f'{{endpoint: "{http}", {quick}, tls: {{ca_file: {at("ca.pem")}, {pair}, '
                              f'server_name_override: other.test}}}}',
        }))
        track(outer)
        for _ in range(5):
            assert send(outer, otlp.points_request(10))[0] == 200
        until("the strangers gave up", lambda: all(
            outer.metric("otelcol_exporter_send_failed_metric_points_total", exporter=name) == 50
            for name in ("otlp_grpc/stranger", "otlp_grpc/nobody", "otlp_grpc/plain", "otlp_http/name")))
        until("all ways delivered", lambda: inner.metric("otelcol_exporter_sent_metric_points_total") == 200)
        said = outer.output()
        for cause in ("unable to get local issuer certificate", "certificate required", "hostname mismatch"):
            assert cause in said, (cause, said)
        assert "TLS handshakes failed" in inner.output()
        assert outer.stop() == 0 and inner.stop() == 0
        assert sink.totals()[1] == 200


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.path.insert(0, HERE)
    sys.exit(suite.run(where))
