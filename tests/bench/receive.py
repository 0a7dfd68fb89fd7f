#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""G1, G2: receive only (exporter nop), 8 to 8000 points per request, beside the Collector.   receive.py BUILDDIR"""
import rig

# points per request, points of one run, connections
SIZES = [(8, 160_000, 16), (200, 2_000_000, 4), (1000, 4_000_000, 4), (8000, 8_000_000, 4)]
AIMS = {"grpc": 6.5, "http": 14}  # performance.md G1, G2

bench = rig.Bench("receive")
rig.head("receive only, CPU s per million points")
for transport in ("grpc", "http"):
    for per_request, points, connections in SIZES:
        def run(program, t=transport, n=per_request, p=points, c=connections):
            return rig.cpu_per_million_points(bench, program, rig.receive_config(), t, n, p, c)
        bench.row(f"receive {transport} none, {per_request} points/request", lambda: run("telemetry-gateway"),
                  lambda: run(bench.peer), None, AIMS[transport])
bench.end()
