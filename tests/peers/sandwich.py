#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our gateway between two Collectors: what real SDKs sent goes Collector, gateway, Collector, and comes out as it does
without the gateway, over every transport, coding and encoding that both speak.   sandwich.py BUILDDIR

    request --> Collector A --hop--> our gateway --hop--> Collector B --OTLP/JSON--> recorder

None of them has a queue here, so each request is answered when the recorder has it, and each is compared by itself. The
second Collector decodes with its own pdata and writes JSON, which is what its file exporter does.
TEL_BUDGET=short: three of the hops."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
sys.path.insert(0, HERE)
from harness import (Gateway, Recorder, Sink, Suite, environment, get, ledger_numbers, make_certificates,  # noqa: E402
                     recorded_requests, until)
from run import config, peer  # noqa: E402

SYNCHRONOUS = "sending_queue: {enabled: false}, retry_on_failure: {enabled: false}"
# (transport, coding, encoding) of a hop, and over mutual TLS where a fourth says so.
HOPS = [("grpc", coding, "proto") for coding in ("none", "gzip", "zstd", "snappy")] + \
       [("http", coding, encoding) for encoding in ("proto", "json") for coding in ("none", "gzip", "zstd", "zlib", "snappy")] + \
       [("grpc", "gzip", "proto", "TLS"), ("http", "none", "proto", "TLS"), ("http", "gzip", "json", "TLS")]
SHORT = [("grpc", "gzip", "proto"), ("http", "none", "proto", "TLS"), ("http", "zstd", "json")]
suite = Suite()
results = {}


class Certificates:
    """Made at the first use; they last as long as the suite."""
    made = None

    @classmethod
    def at(cls, name):
        if cls.made is None:
            cls.folder = tempfile.TemporaryDirectory(prefix="tel-sandwich-")
            cls.made = make_certificates(cls.folder.name)
        return cls.made(name)


def pair():
    return f"cert_file: {Certificates.at('cert.pem')}, key_file: {Certificates.at('key.pem')}"


def exporter(hop, grpc_port, http_port):
    transport, coding, encoding, *secure = hop
    tls = f"tls: {{ca_file: {Certificates.at('ca.pem')}, {pair()}}}" if secure else "tls: {insecure: true}"
    host = "localhost" if secure else "127.0.0.1"
    if transport == "grpc":
        return "otlp_grpc", f'endpoint: "{host}:{grpc_port}", compression: {coding}, {tls}'
    scheme = "https" if secure else "http"
    return "otlp_http", f'endpoint: "{scheme}://{host}:{http_port}", compression: {coding}, encoding: {encoding}, {tls}'


def start(track, build, program, before, hop, grpc_port, http_port):
    """before: the hop that leads to this program; None = plain HTTP."""
    kind, options = exporter(hop, grpc_port, http_port)
    text = config(kind, f"{{{options}, {SYNCHRONOUS}}}")
    if before and before[3:]:
        door = f"tls: {{{pair()}, client_ca_file: {Certificates.at('ca.pem')}}}"
        for port in ("grpc", "http"):
            text = text.replace(f'endpoint: "127.0.0.1:{{{port}}}"', f'endpoint: "127.0.0.1:{{{port}}}", {door}')
        assert text.count("client_ca_file") == 2, text
    gateway = Gateway(build, text, program=program)
    track(gateway)
    return gateway


def chain(track, build, programs, hops):
    """Programs in a row, the last one in front of a recorder; (its first port, the recorder)."""
    recorder = Recorder()
    grpc_port, http_port = None, recorder.port
    for program, before, hop in zip(reversed(programs), reversed([None, *hops[:-1]]), reversed(hops)):
        gateway = start(track, build, program, before, hop, grpc_port, http_port)
        grpc_port, http_port = gateway.ports["grpc"], gateway.ports["http"]
    return http_port, recorder


def outcomes(port, recorder):
    """{name: (status, what the recorder got)} of every recorded request."""
    found = {}
    for name, body, kind, _ in recorded_requests():
        recorder.bodies.clear()
        status, _, _ = get(port, "/v1/metrics", "POST", body, {"Content-Type": kind})
        assert len(recorder.bodies) == (1 if status == 200 else 0), (name, status, len(recorder.bodies))
        found[name] = status, recorder.bodies[0] if recorder.bodies else None
    return found


def without_us(track, build, what):
    """What comes out of Collectors alone: of two, as JSON; of one, as the bytes that it sends. Made once."""
    if what not in results:
        collector = peer("collector")
        plain = ("http", "none", "proto")
        programs, hops = ([collector] * 2, [plain, ("http", "none", "json")]) if what == "two" else ([collector], [plain])
        port, recorder = chain(track, build, programs, hops)
        results[what] = outcomes(port, recorder)
        recorder.stop()
    return results[what]


def points_of(text):
    return sum(len(data["dataPoints"]) for r in json.loads(text).get("resourceMetrics", []) for s in r.get("scopeMetrics", [])
               for m in s.get("metrics", []) for data in m.values() if isinstance(data, dict) and "dataPoints" in data)


def between_two_collectors(track, build, hop):
    collector = peer("collector")
    want = without_us(track, build, "two")
    port, recorder = chain(track, build, [collector, "telemetry-gateway", collector], [hop, hop, ("http", "none", "json")])
    have = outcomes(port, recorder)
    recorder.stop()
    taken = points = 0
    for name, (status, body) in want.items():
        assert have[name][0] == status, (name, have[name][0], status)
        assert body is None or json.loads(have[name][1]) == json.loads(body), (name, have[name][1][:2000], body[:2000])
        taken, points = taken + (body is not None), points + (points_of(body) if body else 0)
    assert taken > 100 and points > 3000, (taken, points)
    return f"{taken} of {len(want)} requests taken, {points} points, equal as JSON"


def bytes_behind_a_collector(track, build, hop):
    want = without_us(track, build, "one")
    port, recorder = chain(track, build, [peer("collector"), "telemetry-gateway"], [hop, ("http", "none", "proto")])
    have = outcomes(port, recorder)
    recorder.stop()
    different = [name for name in want if have[name] != want[name]]
    assert not different, different
    return f"{sum(len(body) for _, body in want.values() if body)} bytes in {len(want)} requests, all the same"


def add(name, function, hop):
    def case(track, build):
        return function(track, build, hop)
    case.__name__ = f"{name} {' '.join(hop)}"
    suite.case(case)


for a_hop in SHORT if os.environ.get("TEL_BUDGET") == "short" else HOPS:
    add("between two Collectors", between_two_collectors, a_hop)
    if a_hop[2] == "proto":
        add("bytes behind a Collector", bytes_behind_a_collector, a_hop)


@suite.case
def a_load_through_queues_and_batches_loses_and_repeats_nothing(track, build):
    """As operated: batches and queues everywhere, many points, counted one by one."""
    requests, each = (300, 100) if os.environ.get("TEL_BUDGET") == "short" else (3000, 100)
    batch = "processors: {batch: {send_batch_size: 1000, timeout: 100ms}}\nservice:\n"
    with tempfile.TemporaryDirectory(prefix="tel-sandwich-") as folder:
        sent, arrived = os.path.join(folder, "sent"), os.path.join(folder, "arrived")
        sink = Sink(build, "--ledger", arrived)
        track(sink)
        grpc_port, http_port = sink.grpc, sink.http
        for program, hop in ((peer("collector"), ("http", "none", "json")), ("telemetry-gateway", ("grpc", "zstd", "proto")),
                             (peer("collector"), ("grpc", "gzip", "proto"))):
            kind, options = exporter(hop, grpc_port, http_port)
            text = config(kind, "{" + options + "}").replace("service:\n", batch, 1)
            text = text.replace("receivers: [otlp], exporters", "receivers: [otlp], processors: [batch], exporters")
            assert "processors: [batch]" in text
            gateway = Gateway(build, text, program=program)
            track(gateway)
            grpc_port, http_port = gateway.ports["grpc"], gateway.ports["http"]
        done = subprocess.run([os.path.join(build, "telemetryctl"), "send", "--protocol", "grpc", "--compression", "gzip",
                               "--requests", str(requests), "--points-per-request", str(each), "--connections", "2",
                               "--retry", "--ledger", sent, f"127.0.0.1:{grpc_port}"], capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        until("everything arrived", lambda: sum(ledger_numbers(arrived).values()) >= requests * each, 60)
        assert sink.totals()[1] == requests * each
        given, taken = ledger_numbers(sent), ledger_numbers(arrived)
        assert given == taken and set(taken.values()) == {1}, (len(given), len(taken))
    return f"{len(taken)} points, each once"


if __name__ == "__main__":
    environment(os.path.abspath(sys.argv[1]))
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
