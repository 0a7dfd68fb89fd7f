#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What TLS costs: forward with TLS on both sides over forward in plaintext, in interleaved runs, beside the Collector.
The best of the runs counts. The ratio to plaintext is an aim: AES alone is 0.13 s per million points on both sides, and
plaintext costs 0.2 s.   tls.py BUILDDIR [--runs N] [--quick]"""
import statistics
import tempfile

import rig
from harness import make_certificates

AIM = 1.6   # issue 4: at most 60 % over plaintext
GATE = 5    # x the Collector, both with TLS
ROWS = [("http", ""), ("grpc", ""), ("http", ", force_attempt_http2: true")]

bench = rig.Bench("tls")
print(f"\n{'forward none, 1000 points/request':44} {'plain':>10} {'TLS':>10} {'ratio':>7} {'best':>7}  aim")
with tempfile.TemporaryDirectory() as folder:
    certificates = make_certificates(folder)
    for transport, more in ROWS:
        def run(program, at, t=transport, m=more):
            return rig.cpu_per_million_points(bench, program, lambda sink: rig.forward_config(t, "none", sink, at, m), t, 1000,
                                              2_000_000, 4, at=at)
        for program in ("telemetry-gateway", bench.peer) if bench.peer else ("telemetry-gateway",):
            ours = program == "telemetry-gateway"
            pairs = [(run(program, None), run(program, certificates)) for _ in range(bench.runs if ours else 1)]
            plain, tls = (statistics.median(side) for side in zip(*pairs))
            best = min(b for _, b in pairs) / min(a for a, _ in pairs)
            name = f"{'' if ours else 'Collector, '}{transport}{' (HTTP/2)' if more else ''}"
            print(f"{name:44} {plain:10.3f} {tls:10.3f} {tls / plain:7.2f} {best:7.2f}  {AIM if ours else '-'}", flush=True)
            if ours:
                fastest = min(b for _, b in pairs)
            elif not more:
                bench.gate(tls / fastest >= GATE, f"forward over TLS, {name[11:]} >= {GATE} x the Collector ({tls / fastest:.1f})")
bench.end()
