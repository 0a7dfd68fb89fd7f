#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our log beside the Collector's: the same events, the same messages with the same fields.   logs.py BUILDDIR"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
import otlp  # noqa: E402
from harness import Gateway, Sink, Suite, environment, free_port, get, until  # noqa: E402
from peer import peer  # noqa: E402

CONFIG = """
receivers:
  otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}
  otlp/direct: {protocols: {http: {endpoint: "127.0.0.1:{direct}"}}}
  otlp/full: {protocols: {http: {endpoint: "127.0.0.1:{full}"}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: 200}}
exporters:
  otlp_http/partial: {endpoint: "http://127.0.0.1:{sink}", compression: none}
  otlp_http/direct: {endpoint: "http://127.0.0.1:1", sending_queue: {enabled: false}, retry_on_failure: {enabled: false}}
  otlp_http/full: {endpoint: "http://127.0.0.1:1", sending_queue: {queue_size: 1, num_consumers: 1}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  telemetry:
    metrics: {level: none}
    resource: {x.y: "1"}
    logs: {encoding: ENCODING, initial_fields: {team: a, n: 5}, disable_stacktrace: true, disable_caller: true}
  pipelines:
    metrics: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp_http/partial]}
    metrics/direct: {receivers: [otlp/direct], exporters: [otlp_http/direct]}
    metrics/full: {receivers: [otlp/full], exporters: [otlp_http/full]}
"""
PROTO = {"Content-Type": "application/x-protobuf"}
# What both say, and which fields of ours or theirs the other does not have (None: as theirs).
MESSAGES = {
    "Starting PROGRAM...": {"NumCPU"},
    "Memory limiter configured": {"otelcol.component.id"},  # theirs is shared by pipelines, ours knows who it is
    "Starting extensions...": set(),
    "Extension is starting...": set(),
    "Extension started.": set(),
    "Starting GRPC server": set(),
    "Starting HTTP server": set(),
    "Health Check state change": set(),
    "Everything is ready. Begin running and processing data.": set(),
    "Partial success response": set(),
    "Exporting failed. Will retry the request after interval.": set(),
    "Exporting failed. Rejecting data. Try enabling retry_on_failure config option to retry on retryable errors. Try enabling "
    "sending_queue to survive temporary failures.": set(),
    "Exporting failed. Rejecting data.": set(),
    "Received signal from OS": set(),
    "Starting shutdown...": set(),
    "Stopping extensions...": set(),
    "Shutdown complete.": set(),
}
suite = Suite()


def run(track, build, program, encoding):
    """The lines of one life of a gateway."""
    script = os.path.join(build, "logs-sink.script")
    with open(script, "w", encoding="utf-8") as f:
        f.write("partial 3\n")
    sink = Sink(build, "--script", script)
    track(sink)
    ports = {"direct": free_port(), "full": free_port()}
    args = () if os.path.isabs(program) else ("--option", "drain=500ms")
    gateway = Gateway(build, CONFIG.replace("ENCODING", encoding), *args, program=program, sink=sink.http, **ports)
    track(gateway)
    for port, count in ((gateway.ports["http"], 1), (ports["direct"], 1), (ports["full"], 3)):
        for _ in range(count):
            get(port, "/v1/metrics", "POST", otlp.points_request(10), PROTO)
    until("the partial success is logged", lambda: "Partial success response" in gateway.output())
    until("a retry is logged", lambda: "Will retry the request" in gateway.output())
    gateway.process.terminate()
    until("the stop begins", lambda: "Starting shutdown..." in gateway.output())
    try:
        gateway.process.wait(35)
    finally:
        lines = gateway.output().splitlines()
    return [re.sub(r"Starting (?!extensions|shutdown)\S+\.\.\.", "Starting PROGRAM...", line) for line in lines]


def by_message(lines):
    """{message: [line]} of JSON lines."""
    found = {}
    for line in lines:
        if line.startswith("{"):
            row = json.loads(line)
            found.setdefault(row["msg"], []).append(row)
    return found


@suite.case
def json_lines_have_the_fields_of_the_Collector(track, build):
    ours, theirs = (by_message(run(track, build, p, "json")) for p in ("telemetry-gateway", peer("collector")))
    for message, known in MESSAGES.items():
        assert message in theirs, f"the Collector does not say '{message}': {sorted(theirs)}"
        assert message in ours, f"we do not say '{message}': {sorted(ours)}"
        mine = ours[message][0]
        who = mine.get("otelcol.component.id")  # components start in any order there
        other = next((row for row in theirs[message] if row.get("otelcol.component.id", who) == who), theirs[message][0])
        assert mine.keys() ^ other.keys() <= known, (message, mine, other)
        order = [key for key in mine if key in other]
        assert order == [key for key in other if key in mine], (message, list(mine), list(other))
        assert mine["level"] == other["level"], (message, mine["level"], other["level"])
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ", mine["ts"])
        assert mine["resource"].keys() == other["resource"].keys() and mine["resource"]["x.y"] == "1"
        for key in order:
            assert isinstance(mine[key], type(other[key])) or {type(mine[key]), type(other[key])} == {int, float}, (message, key)
            if key.startswith("otelcol.") or key in ("team", "n", "rejected_items", "dropped_data_points", "status", "limit_mib"):
                assert mine[key] == other[key], (message, key, mine[key], other[key])
    return f"{len(MESSAGES)} messages"


@suite.case
def console_lines_have_the_columns_of_the_Collector(track, build):
    shapes = []
    for program in ("telemetry-gateway", peer("collector")):
        found = {}
        for line in run(track, build, program, "console"):
            parts = line.split("\t")
            if len(parts) in (3, 4) and re.match(r"20\d\d-", parts[0]) and parts[2] in MESSAGES:
                fields = re.sub(r'"resource": \{[^}]*\}(, )?', "", parts[3]) if len(parts) == 4 else "{}"
                fields = re.sub(r', \}$', "}", fields)  # ours have no resource
                keys = list(json.loads(fields))
                found.setdefault(parts[2], (re.sub(r"\d", "0", parts[0]), parts[1], [k for k in keys if k not in MESSAGES[parts[2]]]))
                assert fields == "{}" or re.match(r'\{"[a-z]+": ', fields), line
        shapes.append(found)
    for message in MESSAGES:
        assert shapes[0].get(message) == shapes[1].get(message), (message, shapes[0].get(message), shapes[1].get(message))
    return f"{len(MESSAGES)} messages"


if __name__ == "__main__":
    environment(os.path.abspath(sys.argv[1]))
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
