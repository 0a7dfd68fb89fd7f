#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""G3: forward, in every coding and size, beside the Collector: the same file, the same load, in the same run.
gateway.py BUILDDIR [--runs N] [--quick]"""
import rig

# transport, coding, points per request, points of one run, gate and aim as a ratio to the Collector. One-point requests
# come from many clients, large ones from a few.
ROWS = [
    ("http", "none", 1000, 2_000_000, 12, 20),
    ("grpc", "none", 1000, 2_000_000, 7, 9),
    ("http", "gzip", 1000, 2_000_000, 10, 20),
    ("grpc", "gzip", 1000, 2_000_000, 10, 20),
    ("http", "none", 200, 1_000_000, 6, 10),
    ("grpc", "none", 200, 1_000_000, 6, 10),
    ("http", "gzip", 200, 1_000_000, 6, 10),
    ("grpc", "gzip", 200, 1_000_000, 6, 10),
    ("http", "none", 1, 20_000, 4, 5),
    ("grpc", "none", 1, 20_000, 4, 5),
]

bench = rig.Bench("forward")
rig.head("forward, CPU s per million points")
for transport, coding, per_request, points, gate, aim in ROWS:
    def run(program, t=transport, c=coding, n=per_request, p=points):
        return rig.cpu_per_million_points(bench, program, lambda sink: rig.forward_config(t, c, sink), t, n, p,
                                          32 if n == 1 else 4, coding=c)
    bench.row(f"forward {transport} {coding}, {per_request} points/request", lambda: run("telemetry-gateway"),
              lambda: run(bench.peer), gate, aim)
bench.end()
