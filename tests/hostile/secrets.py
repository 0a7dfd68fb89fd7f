#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Canary secrets in every field that takes one, backends and clients that do everything wrong, log level debug: no canary
in any output (security.md S64, faults.md G8).   secrets.py BUILDDIR"""
import base64
import http.server
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemons"))
from harness import Gateway, Suite, environment, get, make_certificates, openssl, until  # noqa: E402
import otlp  # noqa: E402

NAMES = ("client_user", "client_password", "client_token", "header", "user_info", "oauth_id", "oauth_secret", "oauth_token", "server_password", "server_token",
         "wrong_password", "wrong_token", "query", "environment", "file_token")
CANARY = {name: f"canary{i:02}{name.replace('_', '')}Zq7" for i, name in enumerate(NAMES)}
NOT_SECRET = ("client_user", "oauth_id")  # names, not secrets; they may be shown
CONFIG = """
receivers:
  otlp/basic: {protocols: {http: {endpoint: "127.0.0.1:{http}", auth: {authenticator: basicauth/server}}}}
  otlp/token: {protocols: {http: {endpoint: "127.0.0.1:{token_http}", auth: {authenticator: bearertokenauth/server}},
                           grpc: {endpoint: "127.0.0.1:{grpc}", auth: {authenticator: bearertokenauth/server}}}}
exporters:
  otlp_http/header: {OPTIONS, headers: {authorization: "Bearer @header@", x-api-key: "${env:CANARY_HEADER}"}}
  otlp_http/basic: {OPTIONS, auth: {authenticator: basicauth/client}}
  otlp_http/token: {OPTIONS, auth: {authenticator: bearertokenauth/client}}
  otlp_http/file: {OPTIONS, auth: {authenticator: bearertokenauth/file}}
  otlp_http/oauth: {OPTIONS, auth: {authenticator: oauth2client}}
  otlp_http/userinfo: {endpoint: "http://me:@user_info@@127.0.0.1:{backend}/x?key=@query@", MORE}
extensions:
  health_check: {endpoint: "127.0.0.1:{health}"}
  zpages: {endpoint: "127.0.0.1:{pages}"}
  basicauth/client: {client_auth: {username: @client_user@, password: @client_password@}}
  basicauth/server: {htpasswd: {inline: "someone:@server_password@"}}
  bearertokenauth/client: {token: @client_token@}
  bearertokenauth/file: {filename: "{token_file}"}
  bearertokenauth/server: {token: @server_token@}
  oauth2client: {client_id: @oauth_id@, client_secret: @oauth_secret@, token_url: "http://127.0.0.1:{backend}/token"}
service:
  extensions: [health_check, zpages, basicauth/client, basicauth/server, bearertokenauth/client, bearertokenauth/file, bearertokenauth/server, oauth2client]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: debug}}
  pipelines: {PIPELINES}
""".replace("OPTIONS", 'endpoint: "http://127.0.0.1:{backend}", MORE').replace(
    "MORE", "compression: none, timeout: 1s, retry_on_failure: {initial_interval: 50ms, max_interval: 100ms, max_elapsed_time: 1s}")
EXPORTERS = re.findall(r"^  (otlp_http/\w+):", CONFIG, re.M)
suite = Suite()


def fill(text):
    return re.sub(r"@(\w+)@", lambda m: CANARY[m.group(1)], text)


class Echo(http.server.ThreadingHTTPServer):
    """A backend that repeats the credentials that it was shown, in every place of an answer, and changes its mind."""
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            shown = "; ".join(f"{k}: {v}" for k, v in self.headers.items()) + " " + body.decode("latin-1", "replace")[:500]
            self.server.seen.append(shown)
            n = len(self.server.seen)
            if self.path.startswith("/token"):
                answers = ((200, '{"access_token":"' + CANARY["oauth_token"] + '","token_type":"bearer","expires_in":1}', "application/json"),
                           (401, '{"error":"invalid_client","error_description":"' + shown.replace('"', "'")[:200] + '"}', "application/json"),
                           (500, shown, "text/plain"))
            else:
                status = otlp.varint(0x08) + otlp.varint(16) + otlp.field(2, shown[:400])
                answers = ((401, status, "application/x-protobuf"), (403, shown, "text/html"), (400, status, "application/x-protobuf"),
                           (503, shown, "text/plain"), (302, shown, "text/plain"), (200, otlp.field(1, b"\x08\x01" + otlp.field(2, shown[:400])),
                                                                                    "application/x-protobuf"))
            code, text, kind = answers[n % len(answers)]
            text = text.encode("latin-1", "replace") if isinstance(text, str) else text
            self.send_response(code, "No")
            self.send_header("Content-Type", kind)
            self.send_header("Location", "http://127.0.0.1:1/" + self.headers.get("Authorization", "").replace(" ", ""))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


def forms(secret):
    """A secret as it is, and as it travels."""
    plain = secret.encode()
    found = {secret, urllib.parse.quote(secret), plain.hex()}
    for user in ("someone", CANARY["client_user"], "me", CANARY["oauth_id"]):
        found.add(base64.b64encode(user.encode() + b":" + plain).decode().rstrip("="))
    found.add(base64.b64encode(plain).decode().rstrip("="))
    return found


def leaks(output):
    return {name for name, secret in CANARY.items() if name not in NOT_SECRET and any(form in output for form in forms(secret))}


@suite.case
def secrets_appear_in_no_output(track, build):
    folder = tempfile.mkdtemp(prefix="tel-secrets-")
    token_file = os.path.join(folder, "token")
    with open(token_file, "w", encoding="ascii") as f:
        f.write(CANARY["file_token"])
    backend = Echo()
    os.environ["CANARY_HEADER"] = CANARY["environment"]
    pipelines = ", ".join(f"metrics/{i}: {{receivers: [otlp/basic, otlp/token], exporters: [{name}]}}" for i, name in enumerate(EXPORTERS))
    text = fill(CONFIG.replace("PIPELINES", pipelines).replace("{token_file}", token_file))
    gateway = Gateway(build, text, more_ports=("pages", "token_http"), backend=backend.server_port)
    track(gateway)
    outputs = {}
    try:
        proto = {"Content-Type": "application/x-protobuf"}
        good = {**proto, "Authorization": "Basic " + base64.b64encode(("someone:" + CANARY["server_password"]).encode()).decode()}
        answers = []
        for i in range(24):
            answers.append(get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(3, 3 * i), good))
        assert all(a[0] == 200 for a in answers), {a[0] for a in answers}
        wrong = [("http", {**proto, "Authorization": "Basic " + base64.b64encode(("someone:" + CANARY["wrong_password"]).encode()).decode()}),
                 ("http", {**proto, "Authorization": "Bearer " + CANARY["wrong_token"]}),
                 ("token_http", {**proto, "Authorization": "Bearer " + CANARY["wrong_token"]}),
                 ("token_http", {**proto, "Authorization": CANARY["server_token"]}),
                 ("token_http", {**proto, "Authorization": "bearer" + CANARY["server_token"]}), ("http", proto)]
        for port, headers in wrong:
            answers.append(get(gateway.ports[port], "/v1/metrics?k=" + CANARY["query"], "POST", otlp.points_request(1), headers))
            assert answers[-1][0] in (401, 404), answers[-1]
        assert get(gateway.ports["token_http"], "/v1/metrics", "POST", otlp.points_request(1),
                   {**proto, "Authorization": "Bearer " + CANARY["server_token"]})[0] == 200
        for name in EXPORTERS:
            until(f"{name} has tried", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total", exporter=name) +
                  gateway.metric("otelcol_exporter_send_failed_metric_points_total", exporter=name) > 0, 30)
        time.sleep(1)
        outputs["answers to clients"] = repr(answers)
        outputs["own metrics"] = get(gateway.ports["metrics"], "/metrics")[2].decode()
        for page in ("/", "/pipelines", "/queues", "/nothing"):
            for accept in ("text/html", "application/json"):
                outputs["page " + page + " " + accept] = repr(get(gateway.ports["pages"], page, headers={"Accept": accept}))
        outputs["health"] = repr(get(gateway.ports["health"]))
        printed = subprocess.run([os.path.join(build, "telemetryctl"), "config", gateway.config.name], capture_output=True, text=True)
        assert printed.returncode == 0, printed.stderr
        outputs["telemetryctl config"] = printed.stdout + printed.stderr
        for what, change in (("a wrong type", "--set=extensions.oauth2client.client_secret.x=" + CANARY["oauth_secret"]),
                             ("a wrong key", "--set=exporters.otlp_http/basic.no_such_key=1")):
            done = subprocess.run([os.path.join(build, "telemetry-gateway"), "--config", gateway.config.name, change, "--validate"],
                                  capture_output=True, text=True)
            assert done.returncode, what
            outputs["refused: " + what] = done.stdout + done.stderr
        gateway.stop()
        outputs["log"] = gateway.output()
    finally:
        backend.shutdown()
        backend.server_close()
    # A query is part of an endpoint, which `config` is asked to print; user and password of it are not shown there either.
    outputs["telemetryctl config"] = outputs["telemetryctl config"].replace(CANARY["query"], "")
    found = {where: leaks(output) for where, output in outputs.items() if leaks(output)}
    for where in found:
        print(where, [line[:600] for line in outputs[where].splitlines() if leaks(line)][:4])
    assert not found, found
    # The canaries were really in use: the backend saw those of clients, the log says what went wrong.
    seen = " ".join(backend.seen)
    used = {name for name in CANARY if any(form in seen for form in forms(CANARY[name]))}
    assert {"client_password", "client_token", "header", "environment", "file_token", "oauth_secret", "oauth_token"} <= used, used
    assert len(outputs["log"]) > 1000 and re.search(r"401|403", outputs["log"])
    return f"{len(CANARY)} canaries, {len(outputs)} outputs, {sum(map(len, outputs.values())) >> 10} KiB"


TWO = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:{http}"}}}}
exporters:
  otlp_http/one: {metrics_endpoint: "https://localhost:{backend}/one", compression: none, tls: {ca_file: {ca}, cert_file: {one_cert}, key_file: {one_key}}}
  otlp_http/two: {metrics_endpoint: "https://localhost:{backend}/two", compression: none, tls: {ca_file: {ca}, cert_file: {two_cert}, key_file: {two_key}}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service: {extensions: [health_check], pipelines: {metrics/one: {receivers: [otlp], exporters: [otlp_http/one]},
          metrics/two: {receivers: [otlp], exporters: [otlp_http/two]}},
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}, logs: {level: error}}}
"""


class Doorman(http.server.ThreadingHTTPServer):
    """A backend that wants a client certificate and notes who asked for what."""
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
            self.server.seen.append((self.path, subject["commonName"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    def __init__(self, at):
        super().__init__(("127.0.0.1", 0), self.Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(at("cert.pem"), at("key.pem"))
        context.load_verify_locations(at("ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


@suite.case
def two_exporters_to_one_host_never_swap_their_certificates(track, build):
    """S41: connections to the same host and port are kept apart by whose certificate they carry."""
    folder = tempfile.mkdtemp(prefix="tel-two-")
    at = make_certificates(folder)
    files = {}
    for name in ("one", "two"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at(name + ".key"), "-out",
                at(name + ".csr"), "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", at(name + ".csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2",
                "-out", at(name + ".crt"))
        files.update({name + "_cert": at(name + ".crt"), name + "_key": at(name + ".key")})
    backend = Doorman(at)
    gateway = Gateway(build, TWO, backend=backend.server_port, ca=at("ca.pem"), **files)
    track(gateway)
    count = 300
    try:
        for i in range(count):
            assert get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(1, i), {"Content-Type": "application/x-protobuf"})[0] == 200
        until("everything is sent", lambda: gateway.metric("otelcol_exporter_sent_metric_points_total") == 2 * count)
    finally:
        backend.shutdown()
        backend.server_close()
        shutil.rmtree(folder)
    wrong = [pair for pair in backend.seen if pair[0] != "/" + pair[1]]
    assert not wrong and len(backend.seen) == 2 * count, (wrong[:3], len(backend.seen))
    return f"{len(backend.seen)} requests"


if __name__ == "__main__":
    where = os.path.abspath(sys.argv[1])
    environment(where)
    sys.exit(suite.run(where))
