#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast Python reads and makes batches. Rows: work, ours, peer, ratio; CPU time, median and best of the runs.
   python.py BUILDDIR [--runs N] [--quick]       peer: the loop over points, one object each"""
import argparse
import asyncio
import os
import statistics
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "bindings/python"))
missed = 0


def measure(call, runs, least=0.05):
    """(median, best) CPU seconds of one call."""
    times = []
    for _ in range(runs):
        turns, begun = 0, time.process_time()
        while time.process_time() - begun < least:
            call()
            turns += 1
        times.append((time.process_time() - begun) / turns)
    return statistics.median(times), min(times)


def gate(met, text):
    global missed
    missed += not met
    print("%s python: %s" % ("ok  " if met else "FAIL", text), flush=True)


def request(telemetry, points, attributes):
    b = telemetry.Builder().resource({"service.name": "bench"}).scope("bench").times(1700000000000000000, 1700000010000000000)
    b.gauge("http.server.request.duration", "s")
    for i in range(points):
        b.point(i / 64, {"attribute.number.%d" % k: "value-%x" % (i * 7919 % (1000 if k & 1 else 10000000)) for k in range(attributes)})
    return b.finish()


def report(telemetry, name, batch, runs, gated):
    from telemetry import ATTRIBUTES, BUCKETS, NAMES
    data, points = batch.encode(), len(batch)
    walk = measure(lambda: list(batch.points()), runs)[0]
    rows = [("decode", lambda: telemetry.Metrics.decode(data)), ("encode", batch.encode),
            ("columns, numbers and names", lambda: batch.columns(BUCKETS | NAMES)),
            ("columns, everything", lambda: batch.columns(ATTRIBUTES | BUCKETS | NAMES)), ("walk", lambda: list(batch.points()))]
    for what, call in rows:
        median, best = measure(call, runs)
        print("%s of %s Mpoints/s, %.2f, %.3f, %.0f" % (what, name, points / median * 1e-6, points / walk * 1e-6, walk / median))
        if gated and what == "columns, numbers and names":
            gate(points / best >= 5e6, "columns of %s: %.1f M points/s, at least 5" % (name, points / best * 1e-6))


def exports(telemetry, protocol, count):
    """CPU seconds of one export of one point: exporter in asyncio and sink in its thread, in one interpreter."""
    batch = telemetry.Builder().gauge("g").point(1).finish()

    async def send(endpoint):
        async with telemetry.Exporter(endpoint, protocol=protocol) as exporter:
            await exporter.export(batch)
            begun = time.process_time()
            for _ in range(count // 100):
                await asyncio.gather(*[exporter.export(batch) for _ in range(100)])
            return (time.process_time() - begun) / count
    with telemetry.Sink() as sink:
        return asyncio.run(send(sink.endpoint_grpc if protocol == "grpc" else sink.endpoint_http))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("build")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--quick", action="store_true")
    given = options.parse_args()
    os.environ.setdefault("TELEMETRY_LIBRARY", os.path.join(os.path.abspath(given.build), ".libs"))
    import telemetry
    print("work, ours, peer, ratio")
    # The best run is gated: another program on this processor must not decide.
    report(telemetry, "1000x3 attributes", request(telemetry, 1000, 3), given.runs, True)
    report(telemetry, "1000x10 attributes", request(telemetry, 1000, 10), given.runs, False)
    report(telemetry, "20000 numbers", request(telemetry, 20000, 0), given.runs, True)
    shared = os.path.join(os.environ.get("TEL_SHARED", ""), "conformance/otlp/python-grpc-many.bin")
    if os.path.exists(shared):
        with open(shared, "rb") as stream:
            report(telemetry, "python-grpc-many", telemetry.Metrics.decode(stream.read()), given.runs, False)
    builder = measure(lambda: request(telemetry, 1000, 3), given.runs)[0]
    print("build 1000x3 attributes Mpoints/s, %.3f, , " % (1000 / builder * 1e-6))
    for protocol in ("http/protobuf", "grpc"):
        print("export and receive over %s thousand requests/s, %.2f, , " %
              (protocol, 1e-3 / exports(telemetry, protocol, 500 if given.quick else 3000)))
    return 1 if missed else 0


sys.exit(main())
