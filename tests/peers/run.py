#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Beside and against real systems: h2spec on our HTTP/2 server, refusals beside the Collector, and the Collector as our
client and as our backend.   run.py BUILDDIR"""
import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
import otlp  # noqa: E402
from harness import Gateway, Sink, Suite, environment, get, until  # noqa: E402
from peer import peer  # noqa: E402

# The same file runs on both.
CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
exporters: {EXPORTER}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}}
  pipelines: {metrics: {receivers: [otlp], exporters: [KIND]}}
"""
# What h2spec expects otherwise, each with the reason (doc/internals/http2.md).
H2SPEC_KNOWN = {
    "Sends a large size HEADERS frame that exceeds the SETTINGS_MAX_FRAME_SIZE":
        "h2spec sends 20 KB and assumes frames of 16 KiB; we take frames of 1 MiB and answer such a head with 431",
}
# Our status, where it differs from the Collector's on purpose (doc/differences.md).
DIFFERENCES = {"too large": 413, "bomb": 413, "snappy that claims 4 GiB": 413}
suite = Suite()


def config(kind, options):
    return CONFIG.replace("EXPORTER", f"{kind}: {options}").replace("KIND", kind)


def h2spec_failures(program, port, *args):
    """Names of the cases that fail, and the line of totals."""
    done = subprocess.run([program, "-h", "127.0.0.1", "-p", str(port), "--strict", "--timeout", "1", *args],
                          capture_output=True, text=True, timeout=300)
    total = re.search(r"146 tests, \d+ passed, 0 skipped, (\d+) failed", done.stdout)
    assert total, done.stdout[-2000:] + done.stderr[-500:]
    names = {line.strip()[2:].split(": ", 1)[1] for line in done.stdout.split("Failures:", 1)[-1].splitlines()
             if line.strip().startswith("\u00d7 ")} if int(total.group(1)) else set()
    return names, total.group(0)


def h2spec_on(track, build, port, secure, path):
    """What h2spec sends is refused by its head, so answer and end of the stream may overtake the frames that a case sends
    after it: such cases pass or fail by chance. What counts is what fails every time."""
    h2spec = peer("h2spec")
    folder = tempfile.mkdtemp(prefix="tel-h2spec-")
    files = [os.path.join(folder, name) for name in ("cert.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    text = config("nop", "{}")
    if secure:
        text = text.replace('{' + port + '}"', '{' + port + '}"' + f', tls: {{cert_file: {files[0]}, key_file: {files[1]}}}', 1)
    gateway = Gateway(build, text)
    track(gateway)
    always, totals = None, []
    for _ in range(6):
        failed, total = h2spec_failures(h2spec, gateway.ports[port], "-P", path, *(["-t", "-k"] if secure else []))
        always = failed if always is None else always & failed
        totals.append(int(re.search(r"(\d+) passed", total).group(1)))
        if always <= H2SPEC_KNOWN.keys():
            break
    shutil.rmtree(folder)
    assert always <= H2SPEC_KNOWN.keys(), always - H2SPEC_KNOWN.keys()
    assert gateway.alive() and get(gateway.ports["health"])[0] == 200
    assert gateway.metric("telemetry_receiver_connections_closed_total", reason="malformed") > 50
    return f"{max(totals)} of 146 passed at best of {len(totals)}, {len(always)} fail always, all known"


@suite.case
def h2spec_finds_nothing_new_on_the_grpc_port(track, build):
    return h2spec_on(track, build, "grpc", False, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")


@suite.case
def h2spec_finds_nothing_new_on_the_grpc_port_over_TLS(track, build):
    return h2spec_on(track, build, "grpc", True, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")


@suite.case
def h2spec_finds_nothing_new_on_the_http_port_over_TLS(track, build):
    return h2spec_on(track, build, "http", True, "/v1/metrics")


def rows():
    good = otlp.points_request(10)
    return [  # what, path, method, body, headers
        ("good", "/v1/metrics", "POST", good, {}),
        ("empty", "/v1/metrics", "POST", b"", {}),
        ("truncated", "/v1/metrics", "POST", good[:-3], {}),
        ("tag 0", "/v1/metrics", "POST", b"\0\0" + good, {}),
        ("group without end", "/v1/metrics", "POST", b"\x0b" * 1000, {}),
        ("overlong varint", "/v1/metrics", "POST", b"\x0a" + b"\x80" * 11 + b"\x00", {}),
        ("too large", "/v1/metrics", "POST", b"\0" * (20 * 1024 * 1024 + 1), {}),
        ("bomb", "/v1/metrics", "POST", gzip.compress(b"\0" * (64 << 20), 9), {"Content-Encoding": "gzip"}),
        ("broken gzip", "/v1/metrics", "POST", b"not gzip at all", {"Content-Encoding": "gzip"}),
        ("zlib", "/v1/metrics", "POST", zlib.compress(good), {"Content-Encoding": "zlib"}),
        ("deflate is zlib", "/v1/metrics", "POST", zlib.compress(good), {"Content-Encoding": "deflate"}),
        ("raw deflate", "/v1/metrics", "POST", zlib.compress(good)[2:-4], {"Content-Encoding": "deflate"}),
        ("cut zlib", "/v1/metrics", "POST", zlib.compress(good)[:-9], {"Content-Encoding": "zlib"}),
        ("broken zstd", "/v1/metrics", "POST", b"not zstd at all", {"Content-Encoding": "zstd"}),
        ("broken snappy", "/v1/metrics", "POST", b"not snappy at all", {"Content-Encoding": "snappy"}),
        ("snappy that claims 4 GiB", "/v1/metrics", "POST", b"\xff\xff\xff\xff\x0f\0\0\0\0\0", {"Content-Encoding": "snappy"}),
        ("a coding in capitals", "/v1/metrics", "POST", gzip.compress(good), {"Content-Encoding": "GZIP"}),
        ("two codings", "/v1/metrics", "POST", gzip.compress(good), {"Content-Encoding": "gzip, gzip"}),
        ("a coding called none", "/v1/metrics", "POST", good, {"Content-Encoding": "none"}),
        ("cut gzip", "/v1/metrics", "POST", gzip.compress(good)[:-9], {"Content-Encoding": "gzip"}),
        ("unknown coding", "/v1/metrics", "POST", good, {"Content-Encoding": "br"}),
        ("wrong type", "/v1/metrics", "POST", good, {"Content-Type": "text/html"}),
        ("wrong method", "/v1/metrics", "GET", None, {}),
        ("wrong path", "/v1/metrics/", "POST", good, {}),
    ]


def outcomes(gateway):
    """{row: (status, content type)} of what a gateway answers."""
    found = {}
    for what, path, method, body, headers in rows():
        status, answer, _ = get(gateway.ports["http"], path, method, body, {"Content-Type": "application/x-protobuf", **headers})
        kind = {k.lower(): v for k, v in answer.items()}.get("content-type", "")
        found[what] = status, kind.split(";")[0]
    return found


@suite.case
def refusals_are_those_of_the_collector(track, build):
    theirs = Gateway(build, config("nop", "{}"), program=peer("collector"))
    track(theirs)
    ours = Gateway(build, config("nop", "{}"))
    track(ours)
    a, b = outcomes(ours), outcomes(theirs)
    different = {what: (a[what], b[what]) for what in a if a[what] != b[what] and DIFFERENCES.get(what) != a[what][0]}
    assert not different, "ours, theirs: " + repr(different)
    return f"{len(a)} requests, {len(DIFFERENCES)} different on purpose"


def guarded(kind, extensions, authenticator):
    """The configuration with an authenticator in front of both doors."""
    text = config(kind, "{}").replace('"127.0.0.1:{grpc}"}', '"127.0.0.1:{grpc}", auth: {authenticator: X}}').replace(
        '"127.0.0.1:{http}"}', '"127.0.0.1:{http}", auth: {authenticator: X}}').replace("authenticator: X", f"authenticator: {authenticator}")
    return text.replace("extensions: {", f"extensions: {{{extensions}, ", 1).replace("extensions: [", f"extensions: [{authenticator}, ")


def auth_answers(gateway, credentials):
    """{(credentials, type): (status, type, body)} of requests of every content type."""
    found = {}
    body = otlp.points_request(1)
    types = {"protobuf": "application/x-protobuf", "json": "application/json", "json with charset": "application/json; charset=utf-8"}
    for given in credentials:
        for name, content_type in types.items():
            headers = {"Content-Type": content_type, **({} if given is None else {"Authorization": given})}
            status, answer, text = get(gateway.ports["http"], "/v1/metrics", "POST", b"{}" if "json" in name else body, headers)
            kind = {k.lower(): v for k, v in answer.items()}
            if "json" in name:
                text = json.loads(text)
            found[given, name] = status, kind.get("content-type", ""), text, "www-authenticate" in kind
    return found


@suite.case
def refusals_of_credentials_are_those_of_the_collector(track, build):
    right = base64.b64encode(b"alice:secret").decode()
    bcrypt = "$$2a$$10$$0bnBIu4NMuvMcP2Jtm7gdeStpdhx.OpVd8gBCM16vWgoUdRBwcJj2"
    wrong = [None, "", "Basic " + base64.b64encode(b"alice:wrong").decode(), "Basic " + base64.b64encode(b"bob:secret").decode(),
             "Basic !", "Basic " + base64.b64encode(b"alice").decode(), "Bearer token"]
    basic = 'basicauth: {htpasswd: {inline: "alice:secret\\nbob:' + bcrypt + '\\n"}}'
    bearer = "bearertokenauth: {tokens: [one, two]}"
    count = 0
    for extension, authenticator, credentials in (
            (basic, "basicauth", [*wrong, "Basic " + right, "basic " + right]),
            (bearer, "bearertokenauth", [None, "Bearer one", "Bearer two", "bearer one", "Bearer", "Bearer three", "one"])):
        theirs = Gateway(build, guarded("nop", extension, authenticator), program=peer("collector"))
        track(theirs)
        ours = Gateway(build, guarded("nop", extension, authenticator))
        track(ours)
        a, b = auth_answers(ours, credentials), auth_answers(theirs, credentials)
        for key, answer in b.items():
            part = slice(1) if answer[0] == 200 else slice(None)  # words of success are compared elsewhere
            assert a[key][part] == answer[part], (key, "ours", a[key], "theirs", answer)
            count += 1
    return f"{count} requests"


# Broken configurations (tests/config/broken) that the Collector's `validate` lets pass, each for a reason.
TAKEN_THERE = {
    "two documents": "it reads the first one and says nothing of the rest",
    "a pipeline of traces": "it runs all signals",
    "an endpoint without a scheme": "it fails at each request",
    "a port beyond the last": "it fails when it starts",
}


def broken_configurations():
    folder = os.path.join(HERE, "..", "config", "broken")
    for name in sorted(os.listdir(folder)):
        text = open(os.path.join(folder, name), encoding="utf-8").read()
        for case in text.split("\n=== ")[1:]:
            title, rest = case.split("\n", 1)
            yield title, rest.split("--- expected")[0]


@suite.case
def broken_configurations_are_refused_by_the_collector_too(track, build):
    program, taken, count = peer("collector"), set(), 0
    variables = {"WORD": "word", "NUMBER": "5", "MAP": "{a: 1}", "LOOP": "${LOOP}", "PATH": os.environ["PATH"]}
    with tempfile.TemporaryDirectory() as folder:
        for title, text in broken_configurations():
            count += 1
            with open(os.path.join(folder, "c.yaml"), "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([program, "validate", "--config", file.name], env=variables, capture_output=True)
            taken |= {title} if done.returncode == 0 else set()
    assert taken == set(TAKEN_THERE), f"taken there: {taken ^ set(TAKEN_THERE)}"
    return f"{count} configurations, {len(taken)} of them refused only here"


def sends(track, build, first, second):
    """Points that arrive behind two gateways in a row, over both transports, in every coding that both sides have."""
    sink = Sink(build)
    track(sink)
    total = 0
    last = Gateway(build, config("otlp_http", f'{{endpoint: "http://127.0.0.1:{sink.http}", compression: none}}'), program=second)
    track(last)
    for kind, port in (("otlp_http", "http"), ("otlp_grpc", "grpc")):
        scheme = "http://" if port == "http" else ""
        for coding in ("none", "gzip", "zstd", "snappy") + (("zlib", "deflate", "x-snappy-framed") if port == "http" else ()):
            options = f'{{endpoint: "{scheme}127.0.0.1:{last.ports[port]}", compression: {coding}, tls: {{insecure: true}}}}'
            gateway = Gateway(build, config(kind, options), program=first)
            track(gateway)
            for i in range(5):
                assert get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(100, 100 * i),
                           {"Content-Type": "application/x-protobuf"})[0] == 200
            total += 500
            until(f"{kind} {coding}", lambda: last.metric("otelcol_exporter_sent_metric_points_total") == total)
    assert sink.totals()[1] == total
    return f"{total} points"


@suite.case
def the_collector_sends_to_our_gateway(track, build):
    return sends(track, build, peer("collector"), "telemetry-gateway")


@suite.case
def our_gateway_sends_to_the_collector(track, build):
    return sends(track, build, "telemetry-gateway", peer("collector"))


if __name__ == "__main__":
    environment(os.path.abspath(sys.argv[1]))
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
