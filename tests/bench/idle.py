#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""G13: memory, wake-ups and CPU while nothing happens, with 0, 100 and 10,000 open connections.   idle.py BUILDDIR"""
import os
import resource
import socket
import time

import rig

PRIVATE, RSS, CONNECTION = 3.0, 12.0, 4.0  # MiB, MiB, KiB
SECONDS = 5


def wakeups(pid):
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)
    return total


def state(gateway):
    return {"rss": gateway.memory_kib("Rss"), "dirty": gateway.memory_kib("Private_Dirty"),
            "private": gateway.memory_kib("Private_Dirty") + gateway.memory_kib("Private_Clean")}


def measure(bench, program, count):
    sink = rig.Sink(bench.build)
    gateway = rig.Gateway(bench.build, rig.forward_config("http", "gzip", sink), program=program)
    open_ones = []
    try:
        time.sleep(1)
        empty = state(gateway)
        for _ in range(count):
            open_ones.append(socket.create_connection(("127.0.0.1", gateway.ports["http"]), timeout=10))
        time.sleep(1)
        cpu, woken = gateway.cpu_seconds(), wakeups(gateway.pid)
        time.sleep(SECONDS)
        now = state(gateway)
        return {**now, "cpu": (gateway.cpu_seconds() - cpu) / SECONDS * 100, "woken": (wakeups(gateway.pid) - woken) / SECONDS,
                "each": (now["private"] - empty["private"]) / count if count else 0}
    finally:
        for s in open_ones:
            s.close()
        gateway.kill()
        sink.kill()


def aim(value, limit, what):
    print(f"{'met ' if value <= limit else 'aim '} {value:.2f} {what} (aim {limit:.0f})", flush=True)


bench = rig.Bench("idle")
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
many = min(10_000, hard - 500)
print(f"\nidle, {SECONDS} s{'':28} RSS MiB  private (dirty) MiB  KiB/connection  CPU %  wake-ups/s")
for program, name in (("telemetry-gateway", "ours"), (bench.peer, "Collector")):
    for count in (0, 100, many) if program else ():
        m = measure(bench, program, count)
        print(f"{name:10} {count:6} connections {'':10} {m['rss'] / 1024:7.1f}  {m['private'] / 1024:7.2f} ({m['dirty'] / 1024:6.2f})"
              f"  {m['each']:20.1f}  {m['cpu']:5.2f}  {m['woken']:10.1f}", flush=True)
        if name == "ours" and count == 0:
            # Clean private pages are files that nobody else has mapped at the moment: they come and go with other programs.
            bench.gate(m["dirty"] / 1024 <= PRIVATE, f"dirty private memory idle {m['dirty'] / 1024:.2f} <= {PRIVATE:.0f} MiB")
            aim(m["private"] / 1024, PRIVATE, "MiB of private memory idle")
            aim(m["rss"] / 1024, RSS, "MiB resident idle")
        if name == "ours" and count == many:
            aim(m["each"], CONNECTION, "KiB per idle connection")
bench.end()
