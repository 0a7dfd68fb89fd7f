#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""G7: requests of one point, forwarded, from 1 to 2000 connections, beside the Collector.   small.py BUILDDIR"""
import rig

CONNECTIONS = [1, 16, 32, 256, 2000]
REQUESTS = 20_000
GATED, GATE = 32, 4

bench = rig.Bench("one-point requests")
rig.head("one-point requests, CPU s per million")
for transport in ("grpc", "http"):
    for connections in CONNECTIONS[1:4] if bench.quick else CONNECTIONS:
        def run(program, t=transport, c=connections):
            return rig.cpu_per_million_points(bench, program, lambda sink: rig.forward_config(t, "none", sink), t, 1,
                                              max(REQUESTS, 4 * c), c)
        bench.row(f"one point {transport} none, {connections} connections", lambda: run("telemetry-gateway"),
                  lambda: run(bench.peer), GATE if connections == GATED else None, 5)
bench.end()
