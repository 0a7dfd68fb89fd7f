#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every number, duration and switch of every component at its ends: the gateway says what is wrong with it, or starts,
serves or refuses one request within its time, and stops (faults.md J5). TEL_BUDGET=short: every seventh.
extremes.py BUILDDIR"""
import http.client
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
from harness import Gateway, Sink, Suite, environment, get  # noqa: E402
import otlp  # noqa: E402

CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
processors: {batch: {timeout: 10ms}, memory_limiter: {check_interval: 1s, limit_mib: 100}}
exporters: {otlp_http: {endpoint: "http://127.0.0.1:{sink_http}", compression: none}, otlp_grpc: {endpoint: "127.0.0.1:{sink_grpc}",
  compression: none, tls: {insecure: true}}, debug: {}, nop: {}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check],
          pipelines: {metrics: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_http, otlp_grpc, debug, nop]}},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: error}}}
"""
USED = {("receiver", "otlp"): "receivers.otlp", ("processor", "batch"): "processors.batch", ("processor", "memory_limiter"): "processors.memory_limiter",
        ("exporter", "otlp_http"): "exporters.otlp_http", ("exporter", "otlp_grpc"): "exporters.otlp_grpc", ("exporter", "debug"): "exporters.debug",
        ("extension", "health_check"): "extensions.health_check"}
VALUES = {"uint32": ("0", "1", "4294967295", "4294967296", "-1"), "uint64": ("0", "1", "18446744073709551615", "-1"),
          "int": ("0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808"),
          "duration": ("0s", "1ns", "2562047h", "2562048h", "-1s"), "bool": ("true", "false"), "double": ("0", "1e308", "-1", ".nan", ".inf")}
suite = Suite()


def rows(build):
    listed = json.loads(subprocess.run([os.path.join(build, "telemetryctl"), "components", "--format=json"], capture_output=True,
                                       text=True, check=True).stdout)
    for component in listed:
        place = USED.get((component["kind"], component["type"]))
        for key in component["keys"] if place else ():
            if "::tls" in "::" + key["path"] or "::auth" in "::" + key["path"]:
                continue  # a section that is switched on by being there
            for value in VALUES.get(key["type"], ()):
                yield f"{place}.{key['path'].replace('::', '.')}={value}"


@suite.case
def every_option_at_its_ends_is_refused_or_works(track, build):
    sink = Sink(build)
    track(sink)
    refused, served, told = 0, 0, 0
    for setting in list(rows(build))[::7 if os.environ.get("TEL_BUDGET") == "short" else 1]:
        values = {"sink_http": sink.http, "sink_grpc": sink.grpc}
        gateway = Gateway(build, CONFIG, "--set", setting, wait=False, **values)
        try:
            checked = subprocess.run([os.path.join(build, "telemetry-gateway"), "--config", gateway.config.name, "--set", setting,
                                      "--validate"], capture_output=True, text=True, timeout=10)
            assert checked.returncode in (0, 1, 78), f"{setting}: {checked.returncode} {checked.stderr[-300:]}"
            if checked.returncode:
                key = setting.split("=")[0].rsplit(".", 1)[-1]
                assert key in checked.stderr or len(checked.stderr) > 20, f"{setting}: {checked.stderr}"
                assert gateway.process.wait(10) == checked.returncode, setting
                refused += 1
                continue
            while gateway.alive() and not gateway.ready():
                pass
            try:
                status = get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(2), {"Content-Type": "application/x-protobuf"})[0]
            except (ConnectionError, http.client.HTTPException):
                status = 503  # with an idle time of 1 ns nobody can be faster
            assert status in (200, 408, 413, 429, 500, 503), f"{setting}: {status}"
            served += status == 200
            told += status != 200
            gateway.process.terminate()
            assert gateway.process.wait(30) in (0, 1), f"{setting}: {gateway.output()[-500:]}"
            assert "Sanitizer" not in gateway.output(), gateway.output()[-2000:]
        except (AssertionError, OSError, subprocess.TimeoutExpired) as why:
            raise AssertionError(f"{setting}: {why}\n{gateway.output()[-1000:]}") from None
        finally:
            gateway.kill()
    assert refused > 5 and served > 20
    return f"{refused} refused, {served} served, {told} told to come back"


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
