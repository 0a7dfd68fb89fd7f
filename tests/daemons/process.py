#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""telemetryctl process: what people and tests rely on (commands.md).   process.py BUILDDIR"""
import json
import os
import subprocess
import sys
import tempfile

from harness import Suite, environment

CONFIG = """
receivers: {otlp: {protocols: {grpc: {}}}, otlp/b: {protocols: {http: {}}}}
processors:
  batch: {send_batch_size: 4, send_batch_max_size: 4, timeout: 10s}
  memory_limiter: {check_interval: 1s, limit_mib: 100}
exporters: {otlp_grpc: {endpoint: "localhost:1"}, nop: {}}
service:
  pipelines:
    metrics/a: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc]}
    metrics/b: {receivers: [otlp/b], exporters: [nop]}
"""
suite = Suite()


def body(points):
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "gauge": {"dataPoints": [
        {"asInt": str(i), "timeUnixNano": "1"} for i in range(points)]}}]}]}]}


def points(line):
    return sum(len(m["gauge"]["dataPoints"]) for r in line["body"]["resourceMetrics"] for s in r["scopeMetrics"] for m in s["metrics"])


def process(build, config, *args, stdin=""):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(config)
        f.flush()
        done = subprocess.run([os.path.join(build, "telemetryctl"), "process", "--config", f.name, *args], input=stdin,
                              capture_output=True, timeout=60, text=True)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@suite.case
def requests_leave_as_the_exporter_would_send_them(track, build):
    inputs = [body(3), body(6)]
    for text in ("\n".join(map(json.dumps, inputs)), "\n".join(json.dumps(i, indent=2) for i in inputs)):
        rc, lines, err = process(build, CONFIG, stdin=text)
        assert (rc, err) == (0, ""), (rc, err)
        assert [(o["exporter"], o["pipeline"], points(o)) for o in lines] == [("otlp_grpc", "metrics/a", n) for n in (4, 4, 1)]
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("1.json", "2.json")]
        for path, text in zip(paths, inputs):
            with open(path, "w", encoding="ascii") as f:
                json.dump(text, f)
        rc, lines, err = process(build, CONFIG, *paths)
        assert [points(o) for o in lines] == [4, 4, 1], (rc, lines, err)


@suite.case
def the_entry_is_a_receiver_or_a_pipeline(track, build):
    for entry in ("otlp/b", "metrics/b"):
        rc, lines, err = process(build, CONFIG, "--entry", entry, stdin=json.dumps(body(2)))
        assert (rc, [(o["exporter"], o["pipeline"], points(o)) for o in lines]) == (0, [("nop", "metrics/b", 2)]), (rc, lines, err)
    rc, lines, err = process(build, CONFIG, "--entry", "none", stdin=json.dumps(body(2)))
    assert (rc, lines) == (2, []) and "'none'" in err, err


@suite.case
def wrong_configurations_and_inputs_say_where(track, build):
    rc, lines, err = process(build, CONFIG.replace("limit_mib: 100", "limit_mib: x"), stdin="")
    assert rc == 78 and "memory_limiter" in err, (rc, err)
    rc, lines, err = process(build, CONFIG, stdin=json.dumps(body(4)) + "\n\n" + '{"resourceMetrics": [}')
    assert rc == 1 and "-:3:22: " in err and len(lines) == 1, (rc, err, lines)
    assert process(build, CONFIG, "--nothing")[0] == 2
    assert process(build, CONFIG, "/nothing/there")[0] == 1


if __name__ == "__main__":
    environment(os.path.abspath(sys.argv[1]))
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
