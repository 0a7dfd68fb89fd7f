# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of the gateway share: one configuration for us and the Collector, pinned programs, load, gates.

The program under test has core 0, driver and sink have core 1; CPU seconds of the program are the divisor. A ratio is a
gate and is missed only when the best of five runs misses it; an absolute figure is an aim."""
import os
import re
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
from harness import Gateway, Sink, environment, until  # noqa: E402

QUEUELESS = "sending_queue: {enabled: false}, retry_on_failure: {enabled: false}"
CONFIG = """
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "127.0.0.1:{grpc}", max_recv_msg_size_mib: 64{TLS}}
      http: {endpoint: "127.0.0.1:{http}"{TLS}}
exporters:
  {EXPORTER}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {level: none}, logs: {level: error}}
  pipelines: {metrics: {receivers: [otlp], exporters: [{TYPE}]}}
"""
MOST_RUNS = 5


class Bench:
    """One run of a script: its options, the peer, the verdicts."""

    def __init__(self, what):
        arguments = sys.argv[1:]
        self.build = os.path.abspath(arguments[0])
        self.runs = int(arguments[arguments.index("--runs") + 1]) if "--runs" in arguments else 5
        self.quick = "--quick" in arguments
        self.failed = 0
        environment(self.build)
        self.peer = find_peer(what)

    def scaled(self, n):
        return n // 5 if self.quick else n

    def gate(self, ok, text):
        print(f"{'ok  ' if ok else 'FAIL'} {text}", flush=True)
        self.failed += not ok

    def medians(self, ours, theirs, gate):
        """Both measured; ours again while the gate is missed, at most five times. (our median, their median, best)."""
        a = [ours() for _ in range(self.runs)]
        if not self.peer:
            return statistics.median(a), None, None
        b = [theirs() for _ in range(min(self.runs, 3))]
        while gate and statistics.median(b) / min(a) < gate and len(a) < MOST_RUNS:
            a.append(ours())
        return statistics.median(a), statistics.median(b), statistics.median(b) / min(a)

    def row(self, name, ours, theirs, gate, aim, unit="s"):
        """A line of a table with a gate on their figure over ours (lower is better)."""
        a, b, best = self.medians(ours, theirs, gate)
        if b is None:
            print(f"{name:44} {a:10.3f} {unit}", flush=True)
            return a
        print(f"{name:44} {a:10.3f} {b:10.3f} {b / a:7.1f} {best:7.1f}  {gate or '-'} ({aim})", flush=True)
        if gate:
            self.gate(best >= gate, f"{name} >= {gate} x the Collector")
        return a

    def end(self):
        sys.exit(1 if self.failed else 0)


def find_peer(what):
    found = subprocess.run(["sh", os.path.join(HERE, "..", "peers", "peers"), "collector"], capture_output=True, text=True)
    if found.returncode == 0:
        return found.stdout.strip()
    print(f"skip {what} beside the Collector: {found.stderr.strip().splitlines()[-1] if found.stderr else 'no peer'}")
    return None


def head(title):
    print(f"\n{title:44} {'ours':>10} {'Collector':>10} {'ratio':>7} {'best':>7}  gate (aim)", flush=True)


def receive_config():
    return CONFIG.replace("{EXPORTER}", "nop: {}").replace("{TYPE}", "nop").replace("{TLS}", "")


def forward_config(transport, coding, sink, at=None, more=""):
    """at: names of certificates to their paths (harness.make_certificates): TLS on both sides. more: of the exporter."""
    secure, door = ("tls: {insecure: true}", "") if not at else (
        f"tls: {{ca_file: {at('ca.pem')}}}", f", tls: {{cert_file: {at('cert.pem')}, key_file: {at('key.pem')}}}")
    host = "localhost" if at else "127.0.0.1"
    if transport == "http":
        kind, endpoint = "otlp_http", f"{'https' if at else 'http'}://{host}:{sink.http}"
    else:
        kind, endpoint = "otlp_grpc", f"{host}:{sink.grpc}"
    exporter = f'{{endpoint: "{endpoint}", compression: {coding}, {secure}, {QUEUELESS}{more}}}'
    return CONFIG.replace("{EXPORTER}", f"{kind}: {exporter}").replace("{TYPE}", kind).replace("{TLS}", door)


def drive(build, gateway, transport, per_request, connections, *more, coding="none", at=None):
    """Load from core 1; what the driver printed. more: --requests N, or --rate N --duration D."""
    endpoint = f"127.0.0.1:{gateway.ports['grpc']}" if transport == "grpc" else f"http://127.0.0.1:{gateway.ports['http']}"
    if at:
        endpoint = endpoint.replace("127.0.0.1", "localhost").replace("http:", "https:")
        more += ("--ca", at("ca.pem"))
    done = subprocess.run(
        [os.path.join(build, "telemetryctl"), "send", "--protocol", "grpc" if transport == "grpc" else "http/protobuf",
         "--compression", coding, "--points-per-request", str(per_request), "--connections", str(connections),
         "--timeout", "60s", *[str(m) for m in more], endpoint],
        capture_output=True, text=True, timeout=600, preexec_fn=lambda: os.sched_setaffinity(0, {1}))
    if done.returncode:
        raise SystemExit(f"the load failed: {done.stderr[-500:]} {done.stdout[-500:]}")
    return done.stdout


def latencies(printed):
    """{'p50': ms, ...} of the driver's report."""
    line = re.search(r"^latency ms: (.*)$", printed, re.M).group(1)
    return {name: float(value) for name, value in re.findall(r"(\S+) ([0-9.]+)", line)}


def rate(printed, per_request):
    """Requests per second of a closed loop."""
    return float(re.search(r"([0-9.]+) per second", printed).group(1)) / per_request


def cpu_per_million_points(bench, program, config, transport, per_request, points, connections, coding="none", at=None):
    """CPU seconds of a program per million points; it is warmed with a tenth of the load. config: text, or a function of
    the sink that is started for this run."""
    secure = ["--cert", at("cert.pem"), "--key", at("key.pem")] if at else []
    sink = Sink(bench.build, *secure, cpu=1) if callable(config) else None
    gateway = Gateway(bench.build, config(sink) if sink else config, program=program, cpu=0)
    requests = max(bench.scaled(points) // per_request, 2 * connections)
    try:
        drive(bench.build, gateway, transport, per_request, connections, "--requests", max(requests // 10, connections),
              coding=coding, at=at)
        before = gateway.cpu_seconds()
        drive(bench.build, gateway, transport, per_request, connections, "--requests", requests, coding=coding,
              at=at)
        return (gateway.cpu_seconds() - before) / (requests * per_request) * 1e6
    finally:
        gateway.kill()
        if sink:
            sink.kill()
