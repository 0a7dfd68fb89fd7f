#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway takes another configuration while it runs: by SIGHUP, and when a variable of --env-dir changes.
reload.py BUILDDIR"""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile

import otlp
from harness import Gateway, Sink, Suite, environment, get, make_certificates, until

PROTO = {"Content-Type": "application/x-protobuf"}
suite = Suite()

CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
processors: {batch: {timeout: 50ms}}
exporters: {otlp_http/a: {endpoint: "http://127.0.0.1:{backend}", compression: none, headers: {authorization: "{token}"},
  retry_on_failure: {initial_interval: 100ms}}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check], pipelines: {metrics: {receivers: [otlp], processors: [batch], exporters: [otlp_http/a]}},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: {level}, encoding: json}}}
"""


def start(track, build, config=CONFIG, *args, **values):
    gateway = Gateway(build, config, *args, **{"level": "info", "token": "t", **values})
    track(gateway)
    return gateway


def send(gateway, points, first=0):
    status, _, _ = get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(points, first), PROTO)
    assert status == 200, status


def sent(gateway):
    return gateway.metric("otelcol_exporter_sent_metric_points_total")


@suite.case
def a_signal_takes_the_file_as_it_is_now(track, build):
    one, two = Sink(build), Sink(build)
    track(one)
    track(two)
    gateway = start(track, build, backend=one.http)
    send(gateway, 10)
    until("the first backend has them", lambda: sent(gateway) == 10)
    gateway.reload(CONFIG, True, backend=two.http)
    send(gateway, 7, 10)
    until("the second backend has the rest", lambda: sent(gateway) == 17)
    assert gateway.metric("telemetry_config_generation") == 2
    assert '"msg":"Configuration reloaded"' in gateway.output()
    assert gateway.stop() == 0
    assert one.totals()[1] == 10 and two.totals()[1] == 7


@suite.case
def a_configuration_that_is_wrong_is_said_and_what_runs_goes_on(track, build):
    sink = Sink(build)
    track(sink)
    gateway = start(track, build, backend=sink.http)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wrong = {
            "exporters: [": "did not find expected",
            CONFIG.replace("compression: none", "compresion: none"): "compresion",
            CONFIG.replace("127.0.0.1:{http}", f"127.0.0.1:{taken.getsockname()[1]}"): "already in use",
            CONFIG.replace("headers:", "tls: {ca_file: /none}, headers:").replace("http://", "https://"): "/none",
        }
        for i, (text, why) in enumerate(wrong.items()):
            gateway.reload(text, False)
            assert why in gateway.output(), (why, gateway.output()[-2000:])
            assert gateway.metric("telemetry_config_last_reload_successful") == 0
            send(gateway, 5, i * 5)
    until("everything has arrived", lambda: sent(gateway) == 20)
    stamp = gateway.metric("telemetry_config_last_reload_success_timestamp_seconds")
    gateway.reload(CONFIG, True)
    assert gateway.metric("telemetry_config_last_reload_successful") == 1
    assert gateway.metric("telemetry_config_last_reload_success_timestamp_seconds") > stamp
    os.unlink(gateway.config.name)
    before = gateway.reloads()
    gateway.process.send_signal(1)
    until("the missing file was refused", lambda: gateway.reloads() == (before[0] + 1, before[1]))
    assert "unable to read the file" in gateway.output()
    send(gateway, 1, 20)
    until("it still runs", lambda: sent(gateway) == 21)
    open(gateway.config.name, "w").close()


@suite.case
def the_level_of_the_log_changes(track, build):
    sink = Sink(build)
    track(sink)
    gateway = start(track, build, backend=sink.http, level="error")
    gateway.reload(CONFIG, True, level="error")
    assert "Configuration reloaded" not in gateway.output()
    gateway.reload(CONFIG, True, level="info")
    gateway.reload(CONFIG, True, level="info")
    assert "Configuration reloaded" in gateway.output()


def serial_at(port):
    """Serial number of the certificate that a TLS server shows."""
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True, check=True).stdout


def suite_at(port):
    """The cipher suite that a TLS server chooses from everything this Python offers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secure:
        return secure.cipher()[0]


@suite.case
def a_signal_reads_certificates_again(track, build):
    sink = Sink(build)
    track(sink)
    at, fresh = make_certificates(tempfile.mkdtemp(prefix="tel-tls-")), make_certificates(tempfile.mkdtemp(prefix="tel-tls-"))
    text = CONFIG.replace('"127.0.0.1:{http}"', f'"127.0.0.1:{{http}}", tls: {{cert_file: {at("cert.pem")}, key_file: {at("key.pem")}}}')
    gateway = start(track, build, text, backend=sink.http)
    first = serial_at(gateway.ports["http"])
    assert suite_at(gateway.ports["http"]) == "TLS_AES_128_GCM_SHA256"  # the cheaper one first, as Go has it
    gateway.reload(text, True)
    assert serial_at(gateway.ports["http"]) == first
    shutil.copy(fresh("cert.pem"), at("cert.pem"))  # without its key: what works stays
    gateway.reload(text, True)
    assert "TLS files cannot be used, the last good ones stay" in gateway.output()
    assert serial_at(gateway.ports["http"]) == first
    shutil.copy(fresh("key.pem"), at("key.pem"))
    gateway.reload(text, True)
    assert serial_at(gateway.ports["http"]) != first
    gateway.reload(text.replace("tls: {", "max_request_body_size: 5000, tls: {"), True)  # handed over with TLS
    assert serial_at(gateway.ports["http"]) != first


def write_secret(folder, number, **values):
    """As the kubelet does: a directory beside, then the link ..data is swapped in one step."""
    name = f"..{number}"
    os.mkdir(os.path.join(folder, name))
    for key, value in values.items():
        with open(os.path.join(folder, name, key), "w", encoding="ascii") as f:
            f.write(value)
    os.symlink(name, os.path.join(folder, "..data_tmp"))
    os.rename(os.path.join(folder, "..data_tmp"), os.path.join(folder, "..data"))
    for key in values:
        if not os.path.lexists(os.path.join(folder, key)):
            os.symlink(os.path.join("..data", key), os.path.join(folder, key))


@suite.case
def a_rotated_secret_is_taken_without_a_signal(track, build):
    one, two = Sink(build), Sink(build)
    track(one)
    track(two)
    folder = tempfile.mkdtemp(prefix="tel-env-")
    write_secret(folder, 1, BACKEND=f"http://127.0.0.1:{one.http}\n", TOKEN="first")
    os.environ["BACKEND"] = "http://127.0.0.1:1"  # the directory wins
    text = CONFIG.replace("http://127.0.0.1:{backend}", "${env:BACKEND}").replace("{token}", "${env:TOKEN}")
    gateway = start(track, build, text, "--env-dir", folder)
    del os.environ["BACKEND"]
    send(gateway, 10)
    until("the first backend has them", lambda: sent(gateway) == 10)
    write_secret(folder, 2, BACKEND=f"http://127.0.0.1:{two.http}", TOKEN="second\n")
    until("the change was seen", lambda: gateway.reloads() == (0, 1), 30)
    send(gateway, 7, 10)
    until("the second backend has the rest", lambda: sent(gateway) == 17)
    write_secret(folder, 3, BACKEND="no address", TOKEN="third")
    until("the wrong value was refused", lambda: gateway.reloads() == (1, 1), 30)
    send(gateway, 1, 17)
    until("it goes on with what it had", lambda: sent(gateway) == 18)
    write_secret(folder, 4, BACKEND=f"http://127.0.0.1:{one.http}", TOKEN="fourth")
    until("it was made right", lambda: gateway.reloads() == (1, 2), 30)
    assert "second" not in gateway.output() and "fourth" not in gateway.output()
    assert gateway.stop() == 0
    assert one.totals()[1] == 10 and two.totals()[1] == 8


@suite.case
def a_file_of_the_directory_that_is_written_in_place_is_taken(track, build):
    sink = Sink(build)
    track(sink)
    folder = tempfile.mkdtemp(prefix="tel-env-")
    with open(os.path.join(folder, "TOKEN"), "w", encoding="ascii") as f:
        f.write("one")
    gateway = start(track, build, CONFIG.replace("{token}", "${env:TOKEN}"), "--env-dir", folder, backend=sink.http)
    # the file of the configuration lies elsewhere and is not read again by this
    with open(gateway.config.name, "a", encoding="ascii") as f:
        f.write("\nnonsense: true\n")
    with open(os.path.join(folder, "TOKEN"), "w", encoding="ascii") as f:
        f.write("two")
    until("the change was seen", lambda: gateway.reloads() == (0, 1), 30)
    send(gateway, 3)
    until("they have arrived", lambda: sent(gateway) == 3)


# What stays the same; the rest lies beside the variables, as a cluster mounts it.
FRAME = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check],
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}}}
"""
RELAY = """
exporters: {otlp_http/a: {endpoint: "${env:NAME}", compression: none}}
service: {pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http/a]}}}
"""


@suite.case
def a_configuration_beside_its_variables_changes_with_them(track, build):
    one, two = Sink(build), Sink(build)
    track(one)
    track(two)
    folder = tempfile.mkdtemp(prefix="tel-env-")
    write_secret(folder, 1, **{"relay.conf": RELAY.replace("NAME", "FIRST"), "FIRST": f"http://127.0.0.1:{one.http}"})
    gateway = start(track, build, FRAME, "--config", os.path.join(folder, "relay.conf"), "--env-dir", folder)
    send(gateway, 10)
    until("the first backend has them", lambda: sent(gateway) == 10)
    write_secret(folder, 2, **{"relay.conf": RELAY.replace("NAME", "SECOND"), "SECOND": f"http://127.0.0.1:{two.http}"})
    until("the change was seen", lambda: gateway.reloads() == (0, 1), 30)
    send(gateway, 7, 10)
    until("the second backend has the rest", lambda: sent(gateway) == 17)
    write_secret(folder, 3, **{"relay.conf": "nonsense: true\n", "SECOND": "no address"})
    until("the wrong one was refused", lambda: gateway.reloads() == (1, 1), 30)
    send(gateway, 1, 17)
    until("it goes on with what it had", lambda: sent(gateway) == 18)
    assert gateway.stop() == 0
    assert one.totals()[1] == 10 and two.totals()[1] == 8


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
