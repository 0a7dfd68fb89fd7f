#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our own metrics beside the Collector's: the same configuration and the same traffic on both, both pages compared.
run.py BUILDDIR"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
import otlp  # noqa: E402
from harness import Gateway, Program, Sink, Suite, environment, free_port, get, try_get, unittest_skip, until  # noqa: E402
from peer import peer  # noqa: E402

READERS = "readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}SWITCHES}}}}]"
CONFIG = """
receivers:
  otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}
  otlp/direct: {protocols: {http: {endpoint: "127.0.0.1:{direct}"}}}
  otlp/dead: {protocols: {http: {endpoint: "127.0.0.1:{dead}"}}}
  otlp/full: {protocols: {http: {endpoint: "127.0.0.1:{full}"}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: 200}, batch/b: {timeout: 50ms}}
exporters:
  otlp_http/ok: {endpoint: "http://127.0.0.1:{sink}", compression: none}
  otlp_http/dead: {endpoint: "http://127.0.0.1:1", retry_on_failure: {enabled: false}}
  otlp_http/direct: {endpoint: "http://127.0.0.1:1", sending_queue: {enabled: false}, retry_on_failure: {enabled: false}}
  otlp_http/full: {endpoint: "http://127.0.0.1:1", sending_queue: {queue_size: 1, num_consumers: 1}}
  otlp_http/unused: {endpoint: "http://127.0.0.1:1"}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {level: LEVEL, READERS}, resource: {team.name: a "b"}}
  pipelines:
    metrics: {receivers: [otlp], processors: [memory_limiter, batch/b], exporters: [otlp_http/ok]}
    metrics/dead: {receivers: [otlp/dead], processors: [memory_limiter], exporters: [otlp_http/dead]}
    metrics/direct: {receivers: [otlp/direct], exporters: [otlp_http/direct]}
    metrics/full: {receivers: [otlp/full], exporters: [otlp_http/full]}
"""
PROTO = {"Content-Type": "application/x-protobuf"}

# What we leave out, with the reason (doc/differences.md).
MISSING = {
    r"http_(client|server)_.*": "level detailed: metrics of Go's instrumentation libraries, by address",
    r"rpc_(client|server)_.*": "level detailed: metrics of Go's instrumentation libraries",
    r"otelcol_exporter_queue_batch_send_size(_bytes)?": "level detailed: otelcol_processor_batch_batch_send_size says it",
    r"otelcol_processor_batch_batch_send_size_bytes": "level detailed: a second histogram of the same batches",
    r"otelcol_processor_internal_duration_seconds": "level detailed: its buckets are whole seconds, ours take microseconds",
}
# Labels of level detailed that we do not have: the reason of a failure is in the log and under telemetry_*.
DETAILED_LABELS = {"error_type", "error_permanent"}
# Values that differ: a body that cannot be read counts as one refused point here, so that it is seen (design of the ledger).
VALUES = {("otelcol_receiver_refused_metric_points", "otlp", "http"): 1}
# Values that depend on when something ran, or (otelcol_process_runtime_*) are of the Go runtime there, of the budget here.
NOT_DETERMINED = re.compile(r"otelcol_process_.*|otelcol_processor_batch_(batch_send_size_(bucket|count)|(timeout|batch_size)_"
                            r"trigger_send).*|target_info")
# promtool's findings about names that are the Collector's.
LINT_KNOWN = re.compile(r"(otelcol_\w+|promhttp_\w+) ")
suite = Suite()


class Page:
    """A page of metrics: families with type, help and samples."""

    def __init__(self, text):
        self.text, self.types, self.helps, self.samples = text, {}, {}, {}
        for line in text.splitlines():
            if line.startswith("# "):
                _, what, name, rest = line.split(" ", 3)
                assert name not in (self.types if what == "TYPE" else self.helps), f"{what} of {name} comes twice"
                (self.types if what == "TYPE" else self.helps)[name] = rest
                continue
            found = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)', line)
            assert found, "not a sample: " + line
            labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found.group(2) or "")
            assert len(labels) == len(dict(labels)), "a label comes twice: " + line
            key = found.group(1), tuple(sorted(labels))
            assert key not in self.samples, "a series comes twice: " + line
            self.samples[key] = float(found.group(3))
        assert self.types.keys() == self.helps.keys()

    def family(self, sample):
        """The family that a sample belongs to."""
        for name in (sample, re.sub(r"_(bucket|sum|count)$", "", sample)):
            if name in self.types:
                return name
        raise AssertionError("no TYPE for " + sample)

    def labels(self, family):
        """Every set of label names of the family's samples."""
        return {(re.sub(re.escape(family), "", name, count=1), tuple(k for k, _ in labels))
                for name, labels in self.samples if self.family(name) == family}

    def scopes(self, family):
        return {dict(labels).get("otel_scope_name") for name, labels in self.samples if self.family(name) == family}

    def value(self, name, **labels):
        return sum(v for (n, have), v in self.samples.items() if n == name and set(labels.items()) <= set(have))


def post(port, points, first=0):
    return get(port, "/v1/metrics", "POST", otlp.points_request(points, first), PROTO)[0]


def drive(build, gateway):
    """The traffic; what each request was answered."""
    http, direct, dead, full = (gateway.ports[name] for name in ("http", "direct", "dead", "full"))
    answers = [post(http, 10, 10 * i) for i in range(5)]
    answers.append(get(http, "/v1/metrics", "POST", b"", PROTO)[0])
    answers.append(get(http, "/v1/metrics", "POST", b"\xff\xff", PROTO)[0])
    answers += [post(direct, 4) for _ in range(3)]
    answers += [post(dead, 5) for _ in range(2)]  # a third failure in a row would open our circuit
    answers += [post(full, 2) for _ in range(4)]
    sent = subprocess.run([os.path.join(build, "telemetryctl"), "send", "--protocol", "grpc", "--requests", "1",
                           "--points-per-request", "7", f"127.0.0.1:{gateway.ports['grpc']}"], capture_output=True, timeout=60)
    return answers + [sent.returncode]


def page(gateway):
    status, headers, body = get(gateway.ports["metrics"], "/metrics")
    assert status == 200
    return {k.lower(): v for k, v in headers.items()}["content-type"], Page(body.decode())


def start(track, build, config, program="telemetry-gateway", sink=1):
    ports = {name: free_port() for name in ("direct", "dead", "full")}
    gateway = Gateway(build, config, program=program, sink=sink, **ports)
    track(gateway)
    gateway.ports.update(ports)
    return gateway


def both(track, build, level, readers):
    """(ours, theirs) after the same traffic."""
    pages, answers = [], []
    for program in ("telemetry-gateway", peer("collector")):
        sink = Sink(build)
        track(sink)
        config = CONFIG.replace("LEVEL", level).replace("READERS", readers)
        gateway = start(track, build, config, program, sink.http)
        answers.append(drive(build, gateway))
        plain = "without_units" in readers and "without_type_suffix" in readers
        name = "otelcol_exporter_{}_metric_points" + ("" if plain else "_total")
        until("everything is sent", lambda: page(gateway)[1].value(name.format("sent"), exporter="otlp_http/ok") == 57 and
              page(gateway)[1].value(name.format("send_failed"), exporter="otlp_http/dead") == 10)
        pages.append(page(gateway))
    assert answers[0] == answers[1], f"answers: ours {answers[0]}, the Collector's {answers[1]}"
    return pages


def is_ours(name):
    return name.startswith("telemetry_")


def compare(ours, theirs, detailed):
    """What differs and should not."""
    found = []
    for name in sorted(theirs.types.keys() - ours.types.keys()):
        if not any(re.fullmatch(pattern, name) for pattern in MISSING):
            found.append(f"{name}: missing")
    for name in sorted(ours.types.keys() - theirs.types.keys()):
        if not is_ours(name):
            found.append(f"{name}: only here")
    for name in sorted(ours.types.keys() & theirs.types.keys()):
        if ours.types[name] != theirs.types[name]:
            found.append(f"{name}: type {ours.types[name]}, theirs {theirs.types[name]}")
        if re.findall(r" \[\w+\]$", ours.helps[name]) != re.findall(r" \[\w+\]$", theirs.helps[name]):
            found.append(f"{name}: stability of '{ours.helps[name]}', theirs '{theirs.helps[name]}'")
        if ours.scopes(name) != theirs.scopes(name):
            found.append(f"{name}: scope {ours.scopes(name)}, theirs {theirs.scopes(name)}")
        mine, other = ours.labels(name), theirs.labels(name)
        if detailed:
            other = {(suffix, tuple(x for x in labels if x not in DETAILED_LABELS)) for suffix, labels in other}
        if mine != other:
            found.append(f"{name}: labels {mine}, theirs {other}")
    return found + compare_values(ours, theirs, detailed)


def compare_values(ours, theirs, detailed):
    found, values = [], {}
    for (name, labels), value in theirs.samples.items():
        if detailed:
            labels = tuple(x for x in labels if x[0] not in DETAILED_LABELS)
        values[name, labels] = values.get((name, labels), 0) + value
    for key in sorted(ours.samples.keys() | values.keys()):
        if is_ours(key[0]) or NOT_DETERMINED.match(key[0]) or any(re.fullmatch(p + "(_bucket|_sum|_count)?", key[0]) for p in MISSING):
            continue
        have, of = dict(key[1]), re.sub("_total$", "", key[0])
        more = VALUES.get((of, have.get("receiver"), have.get("transport")), 0)
        if ours.samples.get(key) is None or values.get(key) is None or ours.samples[key] != values[key] + more:
            labels = ", ".join(f"{k}={v}" for k, v in key[1] if not k.startswith("otel_scope"))
            found.append(f"{key[0]}{{{labels}}}: {ours.samples.get(key)}, theirs {values.get(key)}")
    return found


def check(track, build, level="normal", readers=READERS.replace("SWITCHES", "")):
    (our_type, ours), (their_type, theirs) = both(track, build, level, readers)
    assert our_type == their_type, (our_type, their_type)
    found = compare(ours, theirs, level == "detailed")
    assert not found, "\n".join(["", *found])
    lint(ours)
    same = len(ours.types.keys() & theirs.types.keys())
    return f"{same} families are the same, {len(theirs.types.keys() - ours.types.keys())} left out, " \
           f"{sum(map(is_ours, ours.types))} ours"


def lint(ours):
    """promtool finds nothing in names of ours."""
    if not shutil.which("promtool"):
        return
    made = subprocess.run(["promtool", "check", "metrics"], input=ours.text, capture_output=True, text=True, timeout=60)
    findings = [line for line in (made.stdout + made.stderr).splitlines() if line and not LINT_KNOWN.match(line)]
    assert not findings, findings


@suite.case
def own_metrics_are_those_of_the_Collector(track, build):
    return check(track, build)


@suite.case
def level_basic_leaves_out_what_the_Collector_leaves_out(track, build):
    return check(track, build, "basic")


@suite.case
def level_detailed_differs_by_what_is_listed(track, build):
    return check(track, build, "detailed")


@suite.case
def switches_of_a_reader_change_the_same_names(track, build):
    switches = ("without_units", "without_type_suffix", "without_scope_info")
    for some in (*[(s,) for s in switches], switches):
        check(track, build, readers=READERS.replace("SWITCHES", "".join(f", {s}: true" for s in some)))
    return f"{len(switches)} switches alone and together"


@suite.case
def resource_attributes_are_those_of_the_Collector(track, build):
    rows = ('{service.name: "x y", deployment.environment: prod, service.version: null, "weird-key.1": "a\\"b\\\\c"}',
            "{service.instance.id: null, service.name: null}", '{service.instance.id: ""}', '{9x: y, "\u00fc": z, "": e, k8s.pod.name: p}',
            "{service.name: null, service.version: null, service.instance.id: null}")
    for resource in rows:
        found = []
        for program in ("telemetry-gateway", peer("collector")):
            config = CONFIG.replace("LEVEL", "normal").replace("READERS", READERS.replace("SWITCHES", ""))
            config = config.replace('{team.name: a "b"}', resource)
            gateway = start(track, build, config, program)
            target = [dict(labels) for (name, labels) in page(gateway)[1].samples if name == "target_info"]
            assert len(target) == 1
            if target[0].get("service_instance_id"):
                target[0]["service_instance_id"] = "random"
            for key, own in (("service_name", ("telemetry-gateway", "otelcol-peer")), ("service_version", ("0.1.0", "0.149.0"))):
                if target[0].get(key) in own:
                    target[0][key] = "own"
            found.append(target[0])
            gateway.stop()
        assert found[0] == found[1], f"{resource}: {found}"
    return f"{len(rows)} resources"


@suite.case
def level_none_opens_no_port(track, build):
    for program in ("telemetry-gateway", peer("collector")):
        config = CONFIG.replace("LEVEL", "none").replace("READERS", READERS.replace("SWITCHES", ""))
        gateway = start(track, build, config, program)
        assert gateway.ports["http"] in gateway.listens() and gateway.ports["metrics"] not in gateway.listens(), program


@suite.case
def promtool_finds_nothing_in_our_names(track, build):
    if not shutil.which("promtool"):
        raise unittest_skip("promtool is not installed (package prometheus)")
    gateway = start(track, build, CONFIG.replace("LEVEL", "detailed").replace("READERS", READERS.replace("SWITCHES", "")))
    drive(build, gateway)
    ours = page(gateway)[1]
    lint(ours)
    return f"{sum(map(is_ours, ours.types))} families"


# ---- a real Prometheus ----

PROMETHEUS = """
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: gateway, static_configs: [{targets: ["127.0.0.1:PORT"]}]}
"""


def query(port, text):
    """{label set: number} that Prometheus has for an expression."""
    answer = json.loads(get(port, "/api/v1/query?query=" + urllib.parse.quote(text))[2])
    return {tuple(sorted(row["metric"].items())): float(row["value"][1]) for row in answer["data"]["result"]}


@suite.case
def a_real_Prometheus_reads_every_family(track, build):
    if not shutil.which("prometheus"):
        raise unittest_skip("prometheus is not installed")
    sink = Sink(build)
    track(sink)
    gateway = start(track, build, CONFIG.replace("LEVEL", "normal").replace("READERS", READERS.replace("SWITCHES", "")), sink=sink.http)
    drive(build, gateway)
    port, folder = free_port(), tempfile.mkdtemp(prefix="tel-prometheus-")
    try:
        with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as f:
            f.write(PROMETHEUS.replace("PORT", str(gateway.ports["metrics"])))
        prometheus = Program([shutil.which("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                              f"--web.listen-address=127.0.0.1:{port}"], "prometheus")
        track(prometheus)
        until("two scrapes", lambda: (try_get(port, "/-/ready") or [0])[0] == 200 and
              any(v >= 2 for v in query(port, "count_over_time(up[1m])").values()))
        until("everything is sent", lambda: 57 in query(port, 'otelcol_exporter_sent_metric_points_total{exporter="otlp_http/ok"}').values())
        assert set(query(port, "up").values()) == {1}
        ours = page(gateway)[1]
        stored = {dict(k)["__name__"] for k in query(port, '{job="gateway"}')}
        missing = {name for name, _ in ours.samples} - stored
        assert not missing, missing
        targets = json.loads(get(port, "/api/v1/targets")[2])["data"]["activeTargets"]
        assert [t["lastError"] for t in targets] == [""], targets
        kinds = {k: v[0]["type"] for k, v in json.loads(get(port, "/api/v1/metadata")[2])["data"].items()}
        assert {name: kinds[name] for name in ours.types} == ours.types
        noise = [line for line in prometheus.output().splitlines() if "level=warn" in line or "level=error" in line]
        assert not [line for line in noise if "scrape" in line], noise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return f"{len(ours.types)} families, {len(ours.samples)} series"


# ---- health_check ----

HEALTH = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:{http}"}}}}
exporters: {nop: {}}
extensions: {health_check: {endpoint: "127.0.0.1:{port}"MORE}, health_check/ready: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check, health_check/ready]
  telemetry: {metrics: {level: none}}
  pipelines: {metrics: {receivers: [otlp], exporters: [nop]}}
"""


def health_answers(track, build, program, more):
    port = free_port()
    gateway = Gateway(build, HEALTH.replace("MORE", more), program=program, port=port)
    track(gateway)
    found = {}
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        for path in ("/", "/healthz", "/healthz/", "/x/y", "/?a=b"):
            status, headers, body = get(port, path, method, b"x" if method in ("POST", "PUT") else None)
            body = re.sub(rb'"upSince":"[0-9T:.+-]*(Z|[+-]\d\d:\d\d)","uptime":"[^"]+"', b"TIMES", body)
            kind = {k.lower(): v for k, v in headers.items()}.get("content-type")
            found[method, path] = status, kind if status == 200 else None, body if status == 200 else None
    gateway.stop()
    return found


@suite.case
def health_check_answers_as_the_Collectors(track, build):
    rows = ("", ", path: /healthz", ", response_body: {healthy: up, unhealthy: down}", ', path: /x/y, response_body: {healthy: "{}"}',
            ", check_collector_pipeline: {enabled: true, interval: 5m, exporter_failure_threshold: 5}",
            ", response_headers: {X-Y: z}, read_timeout: 5s, idle_timeout: 1s, keep_alives_enabled: true, cors: {}")
    for more in rows:
        ours, theirs = (health_answers(track, build, p, more) for p in ("telemetry-gateway", peer("collector")))
        different = {k: (ours[k], theirs[k]) for k in ours if ours[k] != theirs[k]}
        assert not different, f"{more}: ours, theirs: {different}"
    return f"{len(rows)} configurations, 30 requests each"


if __name__ == "__main__":
    environment(os.path.abspath(sys.argv[1]))
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
