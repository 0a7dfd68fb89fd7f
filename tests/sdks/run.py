#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""OpenTelemetry SDKs of five languages through the gateway.   run.py BUILDDIR

Each program exports what told.py says twice: through the gateway, behind which a sink prints what arrives, and straight
to a reference that keeps the bytes. What arrived has to equal what was recorded, and what the SDK itself encoded.
TEL_BUDGET=short: one combination per language and protocol; else codings x TLS x temporality x client."""
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
import told  # noqa: E402
import toolchains  # noqa: E402
from harness import Gateway, Recorder, Sink, Suite, environment, make_certificates, unittest_skip, until  # noqa: E402

CONFIG = """
receivers:
  otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}
  otlp/tls:
    protocols:
      grpc: {endpoint: "127.0.0.1:{grpcs}", tls: {cert_file: {cert}, key_file: {key}}}
      http: {endpoint: "127.0.0.1:{https}", tls: {cert_file: {cert}, key_file: {key}}}
exporters: {otlp_http: {endpoint: "http://127.0.0.1:{backend}", compression: none}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  pipelines: {metrics: {receivers: [otlp, otlp/tls], exporters: [otlp_http]}}
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}}
"""
# language: {protocol: clients}; what a protocol lacks is said by name.
CLIENTS = {
    "python": {"grpc": ["grpcio"], "http/protobuf": ["requests"]},
    "node": {"grpc": ["grpc-js"], "http/protobuf": ["http"], "http/json": ["http"]},
    "go": {"grpc": ["grpc-go"], "http/protobuf": ["net/http"]},
    "java": {"grpc": ["okhttp", "managed-channel"], "http/protobuf": ["okhttp", "jdk"]},
    "rust": {"grpc": ["tonic"], "http/protobuf": ["reqwest-blocking", "reqwest", "hyper"],
             "http/json": ["reqwest-blocking", "reqwest", "hyper"]},
}
NOT_OFFERED = {
    ("python", "http/json"): "the SDK has no OTLP/JSON exporter",
    ("go", "http/json"): "the SDK has no OTLP/JSON exporter",
    ("java", "http/json"): "the SDK's OTLP exporter writes JSON only to logs, not over HTTP",
}
suite = Suite()


def decoded(build, body):
    done = subprocess.run([os.path.join(build, "telemetryctl"), "decode", "--from", "otlp-proto", "--to", "otlp-json", "-"],
                          input=body, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def when(request):
    """The time of an export: the latest of its points."""
    return max(int(p["timeUnixNano"]) for r in request["resourceMetrics"] for s in r["scopeMetrics"] for m in s["metrics"]
               for data in m.values() if isinstance(data, dict) for p in data["dataPoints"])


def compare(have, want, temporality):
    """Requests at the sink, requests as the SDK encoded them: equal to each other, and to what was recorded."""
    have, want = sorted(have, key=when), sorted(want, key=when)
    assert len(have) == len(want) >= told.ROUNDS, f"{len(want)} exports, {len(have)} arrived"
    for a, b in zip(have, want):
        assert a == b, f"not equal:\nhave {json.dumps(a)[:3000]}\nwant {json.dumps(b)[:3000]}"
    assert_changes_are_seen(have[0], 1, temporality)
    return sum(told.check_export(request, r + 1, temporality) for r, request in enumerate(have[:told.ROUNDS]))


def own_environment():
    """Without authorities and proxies that somebody set for another purpose: some clients prefer them to their arguments."""
    foreign = ("CA_BUNDLE", "_PROXY", "SSL_CERT", "SSL_ROOTS", "NODE_EXTRA_CA", "OTEL_", "JAVA_TOOL_OPTIONS")
    return {k: v for k, v in os.environ.items() if not any(part in k.upper() for part in foreign)}


def assert_changes_are_seen(request, r, temporality):
    """The comparison itself is tested: each of these changes to a good request has to fail it."""
    def metric(copy, name):
        return next(m for s in copy["resourceMetrics"][0]["scopeMetrics"] for m in s["metrics"] if m["name"] == name)

    def bucket(copy):
        counts = metric(copy, "latency")["histogram"]["dataPoints"][0]["bucketCounts"]
        counts[0], counts[-1] = counts[-1], counts[0]

    def resource(copy):
        owner = copy["resourceMetrics"][0]["resource"]
        owner["attributes"] = [a for a in owner["attributes"] if a["key"] != "answer"]

    changes = (
        lambda copy: metric(copy, "requests")["sum"]["dataPoints"].pop(),
        lambda copy: metric(copy, "requests")["sum"]["dataPoints"][3].update(asInt="99999"),
        lambda copy: metric(copy, "requests")["sum"]["dataPoints"][3]["attributes"].pop(),
        lambda copy: metric(copy, "temperature")["gauge"]["dataPoints"][0].update(asDouble=-20.25000000000001),
        lambda copy: metric(copy, "balance").update(unit="s"),
        lambda copy: metric(copy, "exponential")["exponentialHistogram"]["dataPoints"][0]["positive"].update(offset=3),
        resource,
        bucket,
    )
    for i, change in enumerate(changes):
        copy = json.loads(json.dumps(request))
        change(copy)
        try:
            told.check_export(copy, r, temporality)
        except (AssertionError, KeyError):
            continue
        raise RuntimeError(f"change {i} was not noticed")


class World:
    """Sink, gateway, authority and programs that all cases share."""

    def __init__(self, build):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix="tel-sdks-")
        self.at = make_certificates(self.folder.name)
        self.programs = {}

    def program(self, language):
        if language not in self.programs:
            try:
                self.programs[language] = toolchains.prepare(language)
            except (toolchains.Missing, subprocess.TimeoutExpired) as why:
                self.programs[language] = why
        if isinstance(self.programs[language], Exception):
            raise unittest_skip(str(self.programs[language]))
        return self.programs[language]


def through_the_gateway(track, world, language, protocol, client, coding, tls, temporality):
    at = world.program(language)
    sink = Sink(world.build, print_form="json")
    track(sink)
    gateway = Gateway(world.build, CONFIG, more_ports=("grpcs", "https"), backend=sink.http, cert=world.at("cert.pem"),
                      key=world.at("key.pem"))
    track(gateway)
    reference = Recorder()
    port = gateway.ports[("grpc" if protocol == "grpc" else "http") + ("s" if tls else "")]
    argv = [protocol, coding, temporality, f"{'https' if tls else 'http'}://localhost:{port}", world.at("ca.pem") if tls else "-",
            f"http://127.0.0.1:{reference.port}/v1/metrics", client]
    try:
        done = subprocess.run([*toolchains.command(language, at, client), *argv], cwd=at, capture_output=True, text=True,
                              timeout=120, env=own_environment())
    finally:
        reference.stop()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = (done.stdout + done.stderr)[-1500:]
    until("everything arrived; the program said: " + said, lambda: len(sink.printed()) >= len(reference.bodies))
    assert gateway.metric("otelcol_receiver_refused_metric_points_total") == 0
    arrived = [json.loads(line) for line in sink.printed()]
    points = compare(arrived, [decoded(world.build, body) for body in reference.bodies], temporality)
    return f"{len(reference.bodies)} exports, {points} points as recorded"


def combinations(protocol):
    """(coding, tls, temporality): all, or one that differs from protocol to protocol."""
    if os.environ.get("TEL_BUDGET") == "short":
        return [{"grpc": ("gzip", True, "delta"), "http/protobuf": ("none", True, "cumulative"),
                 "http/json": ("gzip", False, "delta")}[protocol]]
    return list(itertools.product(("none", "gzip"), (False, True), ("cumulative", "delta")))


def add(language, protocol, client, coding, tls, temporality):
    def case(track, world):
        return through_the_gateway(track, world, language, protocol, client, coding, tls, temporality)
    case.__name__ = f"{language} over {protocol} by {client} {coding} {'TLS' if tls else 'plain'} {temporality}"
    suite.case(case)


def main():
    build = os.path.abspath(sys.argv[1])
    environment(build)
    for (language, protocol), why in NOT_OFFERED.items():
        suite.skip(f"{language} over {protocol}", why)
    for language, protocols in CLIENTS.items():
        for protocol, clients in protocols.items():
            for client in clients:
                for combination in combinations(protocol):
                    add(language, protocol, client, *combination)
    started = time.monotonic()
    world = World(build)
    result = suite.run(world)
    print(f"{len(suite.cases)} combinations in {time.monotonic() - started:.0f} s")
    return result


if __name__ == "__main__":
    sys.exit(main())
