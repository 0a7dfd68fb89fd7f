#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""G14: start to the first accepted request, SIGTERM to the end, SIGHUP to the next generation; beside the Collector.
start.py BUILDDIR"""
import http.client
import os
import signal
import statistics
import sys
import time

import rig

sys.path.insert(0, os.path.join(rig.HERE, "..", "daemons"))
import otlp  # noqa: E402

BODY = otlp.points_request(1, 0)
RUNS = 7


def accepted(port):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("POST", "/v1/metrics", BODY, {"Content-Type": "application/x-protobuf"})
        return connection.getresponse().status == 200
    except OSError:
        return False


def measure(bench, program):
    """(ms to the first accepted request, ms from SIGTERM to the end)."""
    gateway = rig.Gateway(bench.build, rig.receive_config(), program=program, wait=False)
    start = time.perf_counter()
    try:
        while not accepted(gateway.ports["http"]):
            if time.perf_counter() - start > 20:
                raise SystemExit("never ready: " + gateway.output())
        first = time.perf_counter() - start
        start = time.perf_counter()
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(30)
        return first * 1e3, (time.perf_counter() - start) * 1e3
    finally:
        gateway.kill()


bench = rig.Bench("start and stop")
# libtool's wrapper is a shell script of its own; what it starts is the program.
OURS = os.path.join(bench.build, ".libs", "telemetry-gateway")
os.environ["LD_LIBRARY_PATH"] = os.path.join(bench.build, ".libs")
print("\nstart and stop, ms, median")
for program, name in ((OURS, "ours"), (bench.peer, "Collector")):
    if program:
        found = [measure(bench, program) for _ in range(3 if bench.quick else RUNS)]
        print(f"{name:10} start to first accepted request {statistics.median(f for f, _ in found):7.1f}   "
              f"SIGTERM to end {statistics.median(s for _, s in found):7.1f}", flush=True)
print(f"(program file {os.path.getsize(OURS) / 1024:.0f} KiB)")
bench.end()
