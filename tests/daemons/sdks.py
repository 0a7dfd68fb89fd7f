#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real OpenTelemetry SDKs through the gateway.   sdks.py BUILDDIR"""
import os
import subprocess
import sys

from harness import Gateway, Suite, environment, free_port, unittest_skip

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ["opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-grpc", "opentelemetry-exporter-otlp-proto-http"]
CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
exporters: {otlp_http: {endpoint: "http://127.0.0.1:{backend}", compression: {coding}}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check], pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}}}
"""
suite = Suite()


def python_with_sdk():
    """An environment outside of the tree, made once."""
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    venv = os.environ.get("TEL_VENV", os.path.join(cache, "libtelemetry-sdk"))
    python = os.path.join(venv, "bin", "python")
    probe = [python, "-c", "import opentelemetry.sdk, opentelemetry.exporter.otlp.proto.grpc, opentelemetry.exporter.otlp.proto.http"]
    if not os.path.exists(python) or subprocess.run(probe, capture_output=True).returncode:
        made = subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True, text=True)
        if made.returncode == 0:
            made = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES],
                                  capture_output=True, text=True)
        if made.returncode:
            raise unittest_skip("the SDK cannot be installed: " + (made.stderr.strip().splitlines() or ["?"])[-1])
    return python


def through_the_gateway(track, build, protocol, coding):
    python = python_with_sdk()
    backend = free_port()
    gateway = Gateway(build, CONFIG, backend=backend, coding=coding)
    track(gateway)
    port = gateway.ports["grpc" if protocol == "grpc" else "http"]
    done = subprocess.run([python, os.path.join(HERE, "sdk_worker.py"), protocol, coding, str(port), str(backend)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@suite.case
def python_sdk_over_grpc_plain(track, build):
    return through_the_gateway(track, build, "grpc", "none")


@suite.case
def python_sdk_over_grpc_gzip(track, build):
    return through_the_gateway(track, build, "grpc", "gzip")


@suite.case
def python_sdk_over_http_plain(track, build):
    return through_the_gateway(track, build, "http", "none")


@suite.case
def python_sdk_over_http_gzip(track, build):
    return through_the_gateway(track, build, "http", "gzip")


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
