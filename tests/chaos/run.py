#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A ledger over backends that misbehave: nothing acknowledged is missing while the process lives, and the own counters
are exact at every quiet moment (design: the ledger identity).   run.py BUILDDIR"""
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
from harness import Gateway, Program, Sink, Suite, environment, free_port, ledger_numbers, until  # noqa: E402

CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
processors: {batch: {send_batch_size: 100, send_batch_max_size: 100, timeout: 50ms}}
exporters: {{kind}: {endpoint: "{endpoint}", compression: none, tls: {insecure: true}, timeout: 1s,
  retry_on_failure: {initial_interval: 100ms, max_interval: 300ms, max_elapsed_time: 0s}, sending_queue: {queue_size: 50}}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check], pipelines: {metrics: {receivers: [otlp], processors: [batch], exporters: [{kind}]}},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: error}}}
"""
POINTS = 4000
suite = Suite()


def check_identity(gateway, what):
    """received = exported + queued + dropped + rejected_by_backend, with all that the exporter refused beside it."""
    m = gateway.metric
    received = m("telemetry_pipeline_points_total", event="received")
    removed = m("telemetry_pipeline_points_total", event="removed")
    rejected = m("telemetry_exporter_rejected_points_total")
    exported = m("otelcol_exporter_sent_metric_points_total") - rejected
    queued, dropped = m("telemetry_exporter_queue_points"), m("telemetry_exporter_dropped_points_total")
    assert received == exported + queued + dropped + rejected + removed, (what, received, exported, queued, dropped, rejected, removed)
    return received


def run(track, build, transport, script=None, disturb=None):
    """Sends POINTS through a gateway to a scripted sink; the verdict over both ledgers."""
    folder = tempfile.mkdtemp(prefix="tel-chaos-")
    sent, arrived = os.path.join(folder, "sent"), os.path.join(folder, "arrived")
    args = ["--ledger", arrived]
    if script:
        with open(os.path.join(folder, "script"), "w", encoding="ascii") as f:
            f.write(script)
        args += ["--script", f.name]
    port = free_port()
    listen = [os.path.join(build, "telemetryctl"), "sink", f"--{transport}", f"127.0.0.1:{port}", "--print", "none", *args]
    sinks = [Program(listen, "sink")]
    until("the sink listens", lambda: "ready" in sinks[0].output())
    endpoint = f"127.0.0.1:{port}" if transport == "grpc" else f"http://127.0.0.1:{port}"
    gateway = Gateway(build, CONFIG, kind="otlp_grpc" if transport == "grpc" else "otlp_http", endpoint=endpoint)
    track(gateway)
    track(sinks[0])
    source = subprocess.Popen([os.path.join(build, "telemetryctl"), "send", "--protocol", "grpc", "--points-per-request", "7",
                               "--requests", str(POINTS // 7), "--rate", "400", "--ledger", sent,
                               f"127.0.0.1:{gateway.ports['grpc']}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if disturb:
        disturb(sinks, listen, track, source)
    assert source.wait(120) in (0, 1)
    until("the queue is empty", lambda: gateway.metric("telemetry_exporter_queue_points") == 0, 60)
    received = check_identity(gateway, "at the end")
    acknowledged = ledger_numbers(sent)
    delivered = ledger_numbers(arrived)
    lost = [n for n in acknowledged if n not in delivered]
    dropped = gateway.metric("telemetry_exporter_dropped_points_total")
    rejected = gateway.metric("telemetry_exporter_rejected_points_total")
    assert len(acknowledged) > 0 and received >= len(acknowledged)
    assert len(lost) <= dropped + rejected, f"{len(lost)} acknowledged points are missing, {dropped} counted as dropped"
    duplicates = sum(times - 1 for times in delivered.values())
    return f"{len(acknowledged)} acknowledged, {max(0, len(lost) - int(dropped + rejected))} lost uncounted, {int(dropped)} dropped and counted, {duplicates} duplicates"


def both(name, script=None, disturb=None):
    for transport in ("grpc", "http"):
        def case(track, build, transport=transport):
            return run(track, build, transport, script, disturb)
        case.__name__ = f"{name}_over_{transport}"
        suite.case(case)


both("a_healthy_backend")
both("a_backend_that_refuses_for_a_while", "40 x retry\n20 x ok\n10 x retry 1\nok\n")
both("a_backend_that_refuses_for_good_now_and_then", "10 x ok\n2 x permanent\nok\n")
both("a_backend_that_resets", "3 x ok\n10 x reset\n5 x ok\n5 x reset\nok\n")
both("a_backend_that_hangs", "3 x ok\n4 x hang\nok\n")
both("a_backend_that_is_slow", "delay 100 ok\n")
both("a_backend_that_takes_a_part", "5 x ok\n3 x partial 5\nok\n")


def flap(sinks, listen, track, source):
    """The backend is killed and comes back, while data keeps coming."""
    import time
    for _ in range(4):
        time.sleep(0.5)
        sinks[-1].process.send_signal(signal.SIGKILL)
        sinks[-1].process.wait()
        time.sleep(0.5)
        sinks.append(Program(listen, "sink"))
        track(sinks[-1])


both("a_backend_that_flaps", disturb=flap)

if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
