#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Credentials end to end: who may send to the gateway, who the gateway is to a backend, what becomes of a token endpoint
that misbehaves, and that no secret is ever shown.   auth.py BUILDDIR"""
import base64
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time

import otlp
from harness import Gateway, Recorder, Suite, environment, get, make_certificates, until

PROTO = {"Content-Type": "application/x-protobuf"}
SENT = "otelcol_exporter_sent_metric_points_total"
CANARY = "xCANARYx"
suite = Suite()

CONFIG = """
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}, EXTENSIONS}
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}" GATE}, http: {endpoint: "127.0.0.1:{http}" GATE}}}}
exporters: {otlp_http: {EXPORTER}}
service:
  extensions: [health_check, LISTED]
  telemetry:
    metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {metrics}}}}}]}
    logs: {encoding: json, level: debug, sampling: {enabled: false}}
  pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}}
"""
RETRY = "compression: none, retry_on_failure: {initial_interval: 100ms, max_interval: 200ms}"


def config(extensions, listed, exporter, gate=""):
    return (CONFIG.replace("EXTENSIONS", extensions).replace("LISTED", listed).replace("EXPORTER", exporter)
            .replace("GATE", f", auth: {{authenticator: {gate}}}" if gate else ""))


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def send(gateway, credentials=None, points=1, **headers):
    if credentials is not None:
        headers["Authorization"] = credentials
    return get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(points), {**PROTO, **headers})


class Guarded(Recorder):
    """A backend that takes requests with one of its tokens, and repeats the credentials of others in its refusal."""

    class Handler(Recorder.Handler):
        def do_POST(self):
            given = self.headers.get("Authorization", "")
            self.server.given.append(given)
            if given in self.server.valid:
                super().do_POST()
                return
            self.read_body()
            body = (b'{"code":16,"message":"who is ' + given.encode() + b' with ' +
                    self.headers.get("X-Key", "").encode() + b'?"}')
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def __init__(self, *valid):
        self.valid, self.given = set(valid), []
        super().__init__()


class TokenServer(http.server.ThreadingHTTPServer):
    """A token endpoint by script: mode names what it does next."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            s = self.server
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            with s.lock:
                s.forms.append((form, self.headers.get("Authorization", "")))
                s.open += 1
                s.most_open = max(s.most_open, s.open)
            try:
                getattr(self, s.mode)(form)
            except OSError:
                pass
            finally:
                with s.lock:
                    s.open -= 1

        def answer(self, status, body, content_type="application/json", **headers):
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def good(self, _):
            self.answer(200, f'{{"access_token":"{self.server.token}","token_type":"bearer","expires_in":{self.server.life}}}')

        def slow(self, form):
            time.sleep(1)
            self.good(form)

        def error(self, form):
            self.answer(500, f"<html>{form} {self.headers.get('Authorization')}</html>", "text/html")

        def refuse(self, form):
            self.answer(401, f'{{"error":"invalid_client","error_description":"what is {form} ' +
                        f'{self.headers.get("Authorization")} {CANARY}-oauth?"}}')

        def redirect(self, _):
            self.answer(302, "", Location=f"http://127.0.0.1:{self.server.elsewhere}/")

        def garbage(self, _):
            self.answer(200, '{"access_token": "' + CANARY + '-half')

        def endless(self, _):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(1 << 14):
                self.wfile.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")

        def log_message(self, *_):
            pass

    def handle_error(self, *_):
        """Clients may leave."""

    def __init__(self, mode="good", token="t1", life="3600"):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.mode, self.token, self.life, self.elsewhere = mode, token, life, 1
        self.forms, self.open, self.most_open, self.lock = [], 0, 0, threading.Lock()
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


def oauth_gateway(build, backend, tokens, more=""):
    return Gateway(build, config(
        f'oauth2client: {{client_id: me, client_secret: "{CANARY}-oauth", token_url: "http://127.0.0.1:{tokens.server_port}/"{more}}}',
        "oauth2client", f'endpoint: "http://127.0.0.1:{backend.port}", auth: {{authenticator: oauth2client}}, {RETRY}'))


@suite.case
def only_those_with_credentials_may_send(track, build):
    backend = Recorder()
    bcrypt = subprocess.run([sys.executable, "-W", "ignore", "-c", "import crypt; print(crypt.crypt('secret', '$2b$08$' + 'a' * 21 + 'u'))"],
                            capture_output=True, text=True).stdout.strip() or "secret"
    gateway = Gateway(build, config(f"basicauth: {{htpasswd: {{inline: 'alice:{bcrypt.replace('$', '$$')}'}}}}", "basicauth",
                                    f'endpoint: "http://127.0.0.1:{backend.port}", {RETRY}', "basicauth"))
    track(gateway)
    for wrong in (None, "", basic("alice", "wrong"), basic("bob", "secret"), "Bearer secret", basic("alice", "secret")[:-2]):
        status, headers, _ = send(gateway, wrong)
        assert status == 401, (wrong, status)
        assert headers["content-type"] == "application/x-protobuf", headers
    for _ in range(50):
        assert send(gateway, basic("alice", "secret"), points=2)[0] == 200
    until("all points are sent", lambda: gateway.metric(SENT) == 100)
    assert gateway.metric("telemetry_receiver_refused_requests_total", reason="unauthenticated") == 6
    assert gateway.stop() == 0
    backend.stop()


@suite.case
def metadata_of_grpc_opens_the_door(track, build):
    backend = Recorder()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "header")
        with open(path, "w", encoding="ascii") as f:
            f.write("Bearer two\n")
        gateway = Gateway(build, config("bearertokenauth: {tokens: [one, two]}", "bearertokenauth",
                                        f'endpoint: "http://127.0.0.1:{backend.port}", {RETRY}', "bearertokenauth"))
        track(gateway)

        def ctl(*headers):
            return subprocess.run([os.path.join(build, "telemetryctl"), "send", "--protocol", "grpc", "--requests", "5", *headers,
                                   f"127.0.0.1:{gateway.ports['grpc']}"], capture_output=True, text=True, timeout=60)
        for headers in (["--header", "authorization=Bearer one"], ["--header", "Authorization=@" + path, "--header", "x-a=b"]):
            done = ctl(*headers)
            assert done.returncode == 0, done.stdout + done.stderr
        for headers in ([], ["--header", "authorization=Bearer three"]):
            done = ctl(*headers)
            assert done.returncode == 1 and "code = Unauthenticated" in done.stdout, done.stdout + done.stderr
            assert "three" not in done.stdout + done.stderr, done.stdout + done.stderr
        assert ctl("--header", "authorization").returncode == 2
        assert ctl("--header", "authorization=@/nowhere/at/all").returncode == 2
        until("all points are sent", lambda: gateway.metric(SENT) == 10)
        assert gateway.metric("telemetry_receiver_refused_requests_total", transport="grpc", reason="unauthenticated") == 10
        assert gateway.stop() == 0
    backend.stop()


@suite.case
def guesses_do_not_keep_others_from_sending(track, build):
    """Connections guess passwords of a bcrypt user as fast as they can; alice, who is known already, is served. A guess that
    is checked (401) costs its time, and four times as long nothing is checked: all others come back later (503)."""
    backend = Recorder()
    bcrypt = subprocess.run([sys.executable, "-W", "ignore", "-c", "import crypt; print(crypt.crypt('secret', '$2b$10$' + 'a' * 21 + 'u'))"],
                            capture_output=True, text=True).stdout.strip() or "secret"
    gateway = Gateway(build, config(f"basicauth: {{htpasswd: {{inline: 'alice:{bcrypt.replace('$', '$$')}'}}}}", "basicauth",
                                    f'endpoint: "http://127.0.0.1:{backend.port}", {RETRY}', "basicauth"))
    track(gateway)
    assert send(gateway, basic("alice", "secret"))[0] == 200
    ended, answers = threading.Event(), {}

    def guess(n):
        count = 0
        while not ended.is_set():
            try:
                status = send(gateway, basic("alice" if n % 2 else "eve", f"guess {n} {count}"))[0]
            except OSError:
                status = 0
            answers[status] = answers.get(status, 0) + 1
            count += 1
    threads = [threading.Thread(target=guess, args=(n,), daemon=True) for n in range(16)]
    for thread in threads:
        thread.start()
    started, waits = time.monotonic(), []
    while time.monotonic() < started + 4:
        before = time.monotonic()
        assert send(gateway, basic("alice", "secret"))[0] == 200
        waits.append(time.monotonic() - before)
    ended.set()
    for thread in threads:
        thread.join(20)
    assert set(answers) <= {401, 503} and answers.get(401, 0) < answers.get(503, 0), answers
    waits.sort()
    assert gateway.stop() == 0
    backend.stop()
    return (f"{answers.get(401, 0)} guesses answered 401, {answers.get(503, 0)} told to come back; "
            f"alice waits {waits[len(waits) // 2] * 1000:.0f} ms (p50), {waits[-1] * 1000:.0f} ms at most")


@suite.case
def a_slow_check_does_not_stop_the_loop(track, build):
    """A hash of a second: what needs no password is answered long before the verdict."""
    bcrypt = subprocess.run([sys.executable, "-W", "ignore", "-c", "import crypt; print(crypt.crypt('secret', '$2b$14$' + 'a' * 21 + 'u'))"],
                            capture_output=True, text=True).stdout.strip() or "secret"
    backend = Recorder()
    gateway = Gateway(build, config(f"basicauth: {{htpasswd: {{inline: 'alice:{bcrypt.replace('$', '$$')}'}}}}", "basicauth",
                                    f'endpoint: "http://127.0.0.1:{backend.port}", {RETRY}', "basicauth"))
    track(gateway)
    verdict = []
    thread = threading.Thread(target=lambda: verdict.append(send(gateway, basic("alice", "secret"))[0]))
    thread.start()
    served = 0
    while thread.is_alive() and served < 1000:
        gateway.metric(SENT)
        served += not verdict
    thread.join()
    assert verdict == [200] and (served >= 5 or bcrypt == "secret"), (verdict, served)  # without crypt() it is no hash
    assert gateway.stop() == 0
    backend.stop()
    return f"{served} scrapes answered meanwhile"


@suite.case
def a_token_is_fetched_once_and_again_when_it_is_refused(track, build):
    backend, tokens = Guarded("Bearer t1"), TokenServer("slow")
    gateway = oauth_gateway(build, backend, tokens)
    track(gateway)
    for _ in range(20):
        assert send(gateway)[0] == 200
    until("all points are sent", lambda: gateway.metric(SENT) == 20)
    assert len(tokens.forms) == 1 and tokens.most_open == 1, tokens.forms
    assert tokens.forms[0][0] == "grant_type=client_credentials"
    assert tokens.forms[0][1] == basic("me", f"{CANARY}-oauth")
    assert gateway.stop() == 0
    tokens.stop()
    backend.stop()


@suite.case
def a_token_endpoint_that_misbehaves_costs_no_data(track, build):
    backend, tokens, trap = Guarded("Bearer t1"), TokenServer("error"), Recorder()
    tokens.elsewhere = trap.port
    gateway = oauth_gateway(build, backend, tokens, ", timeout: 1s")
    track(gateway)
    sent = 0
    for mode in ("error", "refuse", "redirect", "garbage", "endless", "slow"):
        tokens.mode, asked = mode, len(tokens.forms)
        assert send(gateway, points=3)[0] == 200
        sent += 3
        until(f"the endpoint is asked in mode {mode}", lambda: len(tokens.forms) >= asked + 2)
        assert gateway.metric(SENT) == 0
    assert gateway.memory_kib("Rss") < 200 * 1024
    tokens.mode = "good"
    until("all points are sent", lambda: gateway.metric(SENT) == sent)
    assert trap.bodies == [], "the redirect was followed"
    assert tokens.most_open == 1, tokens.most_open
    assert CANARY not in gateway.output(), gateway.output()
    assert gateway.stop() == 0
    for server in (tokens, backend, trap):
        server.stop()


@suite.case
def tokens_of_any_lifetime_are_used(track, build):
    for life, most in (("0", 1), ("-1", 1), ("1e300", 1), ('"3600"', 1), ("1", 4)):
        backend, tokens = Guarded("Bearer t1"), TokenServer("good", life=life)
        gateway = oauth_gateway(build, backend, tokens)
        track(gateway)
        started = time.monotonic()
        for _ in range(10):
            assert send(gateway)[0] == 200
            time.sleep(0.1)
        until(f"all points are sent, life {life}", lambda: gateway.metric(SENT) == 10)
        most = most if most == 1 else 2 * (time.monotonic() - started) + 2  # renewed after half of its life
        assert 1 <= len(tokens.forms) <= most, (life, len(tokens.forms))
        assert gateway.stop() == 0
        tokens.stop()
        backend.stop()


@suite.case
def a_token_file_is_followed(track, build):
    backend = Guarded("Bearer first")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "token")
        with open(path, "w", encoding="ascii") as f:
            f.write("first\n")
        gateway = Gateway(build, config(f"bearertokenauth: {{filename: {path}}}", "bearertokenauth",
                                        f'endpoint: "http://127.0.0.1:{backend.port}", auth: {{authenticator: bearertokenauth}}, {RETRY}'))
        track(gateway)
        assert send(gateway)[0] == 200
        until("the first point is sent", lambda: gateway.metric(SENT) == 1)
        backend.valid = {"Bearer second"}
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write("second\n")
        os.replace(path + ".new", path)
        assert send(gateway)[0] == 200
        until("the second point is sent", lambda: gateway.metric(SENT) == 2)
        os.unlink(path)
        time.sleep(1.1)
        assert send(gateway)[0] == 200
        until("the last good token serves", lambda: gateway.metric(SENT) == 3)
        assert "The last good ones stay in use." in gateway.output()
        assert gateway.stop() == 0
    backend.stop()


@suite.case
def credentials_travel_over_grpc_with_tls_and_are_renewed(track, build):
    """One gateway signs by gRPC, another one checks; the token changes between two points. Over plaintext it does not start."""
    backend = Recorder()
    with tempfile.TemporaryDirectory() as folder:
        at = make_certificates(folder)
        mine, theirs = os.path.join(folder, "mine"), os.path.join(folder, "theirs")

        def write(path, text):
            with open(path + ".new", "w", encoding="ascii") as f:
                f.write(text)
            os.replace(path + ".new", path)
        write(mine, "first\n")
        write(theirs, "zero\nfirst\n")
        guard = Gateway(build, config(f"bearertokenauth: {{filename: {theirs}}}", "bearertokenauth",
                                      f'endpoint: "http://127.0.0.1:{backend.port}", {RETRY}',
                                      f"bearertokenauth}}, tls: {{cert_file: {at('cert.pem')}, key_file: {at('key.pem')}"))
        track(guard)
        text = config(f"bearertokenauth: {{filename: {mine}}}", "bearertokenauth", "").replace(
            "otlp_http: {}", f'otlp_grpc: {{endpoint: "localhost:{guard.ports["grpc"]}", auth: {{authenticator: bearertokenauth}}, '
            f'tls: {{TLS}}, {RETRY}}}').replace("exporters: [otlp_http]", "exporters: [otlp_grpc]")
        signer = Gateway(build, text.replace("{TLS}", f"{{ca_file: {at('ca.pem')}}}"))
        track(signer)
        assert send(signer)[0] == 200
        until("the first point is through", lambda: guard.metric(SENT) == 1)
        write(theirs, "second\n")
        write(mine, "second\n")
        time.sleep(1.1)  # the guard looks at its file at most once per second; the signer is told by the refusal
        assert send(signer)[0] == 200
        until("the second point is through", lambda: guard.metric(SENT) == 2)
        write(theirs, "third\n")
        time.sleep(1.1)
        assert send(signer)[0] == 200
        until("the third point is refused", lambda: signer.metric("telemetry_exporter_dropped_points_total", reason="permanent") == 1)
        assert signer.metric("telemetry_exporter_credentials_refused", exporter="otlp_grpc") == 1
        assert "code = Unauthenticated" in signer.output()
        plain = Gateway(build, text.replace("{TLS}", "{insecure: true}"), wait=False)
        track(plain)
        assert plain.process.wait(20) == 1
        assert "the credentials require transport level security" in plain.output()
        assert signer.stop() == 0 and guard.stop() == 0
    backend.stop()


@suite.case
def no_secret_is_ever_shown(track, build):
    """security.md S64: canaries in every field, debug logs, every error path; then logs, metrics, pages, the printed
    configuration and the findings of broken ones are searched."""
    backend, tokens = Guarded(), TokenServer("refuse")
    texts = []
    secrets = (f'basicauth/in: {{htpasswd: {{inline: "alice:{CANARY}-alice"}}}}, '
               f'basicauth/out: {{client_auth: {{username: u, password: {CANARY}-out}}}}, '
               f'bearertokenauth: {{tokens: [{CANARY}-token, {CANARY}-other]}}, '
               f'oauth2client: {{client_id: me, client_secret: {CANARY}-oauth, token_url: '
               f'"http://u:{CANARY}@127.0.0.1:{tokens.server_port}/?k={CANARY}", endpoint_params: {{api_secret: {CANARY}-p}}}}')
    for signer in ("basicauth/out", "bearertokenauth", "oauth2client"):
        exporter = (f'metrics_endpoint: "http://me:{CANARY}@127.0.0.1:{backend.port}/v1/metrics?key={CANARY}", '
                    f'headers: {{X-Key: {CANARY}-header}}, auth: {{authenticator: {signer}}}, {RETRY}')
        text = config(secrets, f"basicauth/in, {signer}", exporter, "basicauth/in")
        gateway = Gateway(build, text)
        track(gateway)
        assert send(gateway, basic("alice", f"{CANARY}-alice"))[0] == 200
        for wrong in (basic("alice", f"{CANARY}-wrong"), f"Bearer {CANARY}", f"Basic {CANARY}!", basic(CANARY, "x")):
            status, _, body = send(gateway, wrong)
            assert status == 401
            texts.append(body.decode(errors="replace"))
        if signer != "oauth2client":
            until("the backend has refused", lambda: gateway.metric("otelcol_exporter_send_failed_metric_points_total") == 1)
        for mode in ("refuse", "error", "garbage", "good") if signer == "oauth2client" else ():
            tokens.mode, tokens.token, asked = mode, CANARY + "-t", len(tokens.forms)
            until(f"the endpoint is asked in mode {mode}", lambda: len(tokens.forms) > asked)
        pages = ["/", "/pipelines", "/queues", "/pipelines?format=json", "/queues?format=json"]
        texts += [get(gateway.ports["pages"], page)[2].decode() for page in pages]
        texts.append(get(gateway.ports["metrics"], "/metrics")[2].decode())
        printed = subprocess.run([os.path.join(build, "telemetryctl"), "config", gateway.config.name], capture_output=True, text=True)
        assert printed.returncode == 0, printed.stderr
        texts.append(printed.stdout + printed.stderr)
        assert gateway.stop() == 0
        texts.append(gateway.output())
    broken = [  # (part of the extensions, exporter)
        (f"bearertokenauth: {{token: [{CANARY}]}}", ""), (f"bearertokenauth: {{tokens: {{a: {CANARY}}}}}", ""),
        (f'bearertokenauth: {{token: "{CANARY}\\r\\nX: y"}}', ""),
        (f"basicauth: {{htpasswd: {{inline: {CANARY}}}}}", ""), (f"basicauth: {{htpasswd: {{inline: 'a:$$9$${CANARY}'}}}}", ""),
        (f"oauth2client: {{client_id: i, client_secret: {{a: {CANARY}}}, token_url: 'http://t'}}", ""),
        ("", f'headers: {{X-Key: "{CANARY}\\r\\nX-Evil: 1"}}'), ("", f"headers: [{{name: a, value: [{CANARY}]}}]"),
        ("", f"headers: {{a: [{CANARY}]}}"),
    ]
    for extension, more in broken:
        listed = extension.split(":")[0] or "health_check"
        text = config(extension or "zpages: {endpoint: '127.0.0.1:0'}", listed, f'endpoint: "http://b", {more}' if more else 'endpoint: "http://b"')
        gateway = Gateway(build, text.replace("[health_check, health_check]", "[health_check]"), wait=False)
        track(gateway)
        assert gateway.process.wait(20) != 0, extension + more
        texts.append(gateway.output())
    for text in texts:
        at = text.find(CANARY)
        assert at < 0, text[max(0, at - 300):at + 100]
    tokens.stop()
    backend.stop()
    return f"{len(texts)} texts of {sum(map(len, texts))} bytes searched"


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv[1])
    environment(BUILD)
    sys.exit(suite.run(BUILD))
