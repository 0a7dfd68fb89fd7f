# SPDX-License-Identifier: Apache-2.0
"""What the tests of the programs share: starting them on free ports, waiting for what they say, reading their metrics."""
import base64
import glob
import http.client
import http.server
import os
import random
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = 20  # seconds that anything may take to become true


def free_port():
    """A port that nobody listens on, below the range from which outgoing connections of this machine take theirs: one of
    those would take it before the program that it is meant for."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
            first = int(f.read().split()[0])
    except OSError:
        first = 32768
    for _ in range(100):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", random.randrange(10240, first) if first > 12000 else 0))
            except OSError:
                continue
            return s.getsockname()[1]
    raise AssertionError("no free port")


def until(what, condition, limit=LIMIT):
    """Polls a condition of another process; the value it gives."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.02)


def get(port, path="/", method="GET", body=None, headers=None, timeout=10):
    """(status, headers, body) of one request to a program on loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def try_get(port, path="/"):
    try:
        return get(port, path, timeout=2)
    except OSError:
        return None


class Program:
    """A child process with its output in a file."""

    def __init__(self, argv, name, cpu=None):
        self.name = name
        self.log = tempfile.NamedTemporaryFile(prefix=f"tel-{name}-", suffix=".log", delete=False)
        pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
        self.process = subprocess.Popen(argv, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                        preexec_fn=pin)
        self.pid = self.process.pid

    def output(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def alive(self):
        return self.process.poll() is None

    def stop(self, sig=signal.SIGTERM, limit=40):
        if self.alive():
            self.process.send_signal(sig)
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not stop within {limit} s:\n{self.output()[-2000:]}") from None
        return code

    def kill(self):
        if self.alive():
            self.process.kill()
        self.process.wait()
        self.log.close()
        os.unlink(self.log.name)

    def listens(self):
        """Ports on which the process itself listens: another one may have a port that was free."""
        own = set()
        for fd in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                own.add(os.readlink(f"/proc/{self.pid}/fd/{fd}"))
            except FileNotFoundError:
                pass  # closed meanwhile
        ports = set()
        for table in ("tcp", "tcp6"):
            with open(f"/proc/{self.pid}/net/{table}", encoding="ascii") as f:
                for row in (line.split() for line in f.readlines()[1:]):
                    if row[3] == "0A" and f"socket:[{row[9]}]" in own:
                        ports.add(int(row[1].rsplit(":", 1)[1], 16))
        return ports

    def cpu_seconds(self):
        """utime and stime; libtool starts programs by exec, so the process is the program."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory_kib(self, key):
        """A row of smaps_rollup, such as Private_Dirty or Rss."""
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as f:
            return sum(int(line.split()[1]) for line in f if line.startswith(key + ":"))


class Sink(Program):
    def __init__(self, build, *args, print_form="none", cpu=None):
        super().__init__([os.path.join(build, "telemetryctl"), "sink", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0",
                          "--print", print_form, *args], "sink", cpu)
        found = until("the sink is ready", lambda: re.search(r"ready, grpc (\d+), http (\d+)", self.output()) or
                      (not self.alive() and self.fail()))
        self.grpc, self.http = int(found.group(1)), int(found.group(2))

    def fail(self):
        raise AssertionError("the sink stopped:\n" + self.output())

    def printed(self):
        """The requests that it printed so far, one line of JSON each (print_form="json")."""
        return [line for line in self.output().split("\n")[:-1] if line.startswith("{")]

    def totals(self):
        """(requests, points) that it says after it stopped."""
        self.stop()
        found = re.search(r"requests (\d+) points (\d+)", self.output())
        return int(found.group(1)), int(found.group(2))


class Gateway(Program):
    """The gateway with a configuration text; {grpc}, {http}, {metrics}, {health}, {pages} and more_ports in it become free
    ports. Ours serves its pages on {pages}."""

    def __init__(self, build, config, *args, cpu=None, program="telemetry-gateway", wait=True, more_ports=(), **values):
        self.ports = {name: free_port() for name in ("grpc", "http", "metrics", "health", "pages", *more_ports)}
        self.values = {**self.ports, **values}
        self.config = tempfile.NamedTemporaryFile("w", prefix="tel-", suffix=".yaml", delete=False)
        self.config.write(self.fill(config))
        self.config.close()
        binary = program if os.path.isabs(program) else os.path.join(build, program)
        if binary.endswith("telemetry-gateway") and not any(a.startswith("pages.endpoint=") for a in args):
            args += ("--option", f"pages.endpoint=127.0.0.1:{self.ports['pages']}")
        super().__init__([binary, "--config", self.config.name, *args], "gateway", cpu)
        if wait:
            until("the gateway is ready", self.ready)

    def fill(self, config, **values):
        for name, value in {**self.values, **values}.items():
            config = config.replace("{" + name + "}", str(value))
        return config

    def reloads(self):
        """(refused, done) so far."""
        m = self.metrics()
        return tuple(int(sum(v for (name, labels), v in m.items() if name == "telemetry_config_reloads_total" and
                             ("result", result) in labels)) for result in ("failure", "success"))

    def reload(self, config, expected, **values):
        """Another configuration by SIGHUP; expected: whether it is taken."""
        before = self.reloads()
        with open(self.config.name + ".new", "w", encoding="utf-8") as f:
            f.write(self.fill(config, **values))
        os.replace(self.config.name + ".new", self.config.name)
        self.process.send_signal(signal.SIGHUP)
        refused, done = until("the reload was looked at", lambda: self.reloads() != before and self.reloads())
        if (refused, done) != (before[0] + (not expected), before[1] + expected):
            raise AssertionError(f"refused, done: {before} became {refused, done}\n{self.output()[-2000:]}")

    def ready(self):
        if not self.alive():
            raise AssertionError("the gateway stopped:\n" + self.output())
        answer = try_get(self.ports["health"])
        return answer and answer[0] == 200

    def metrics(self):
        """{(name, (label, value)...): number} of the gateway's own metrics, scope labels left out."""
        text = get(self.ports["metrics"], "/metrics")[2].decode()
        rows = {}
        for line in text.splitlines():
            found = re.match(r"([a-z_]+)(?:\{(.*)\})? (\S+)$", line)
            if found:
                labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found.group(2) or "")
                labels = tuple(sorted(pair for pair in labels if not pair[0].startswith("otel_scope_")))
                rows[(found.group(1), labels)] = float(found.group(3))
        return rows

    def metric(self, name, **labels):
        """Sum over the series of a name that carry these labels."""
        wanted = set(labels.items())
        return sum(value for (n, have), value in self.metrics().items() if n == name and wanted <= set(have))

    def kill(self):
        super().kill()
        os.unlink(self.config.name)


class Recorder(http.server.ThreadingHTTPServer):
    """An HTTP backend that takes everything and keeps bodies as they came."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body in one segment

        def do_POST(self):
            self.server.bodies.append(self.read_body())
            self.send_response(200)
            self.send_header("Content-Type", self.headers.get("Content-Type", ""))
            body = b"{}" if "json" in self.headers.get("Content-Type", "") else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def read_body(self):
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers["Content-Length"]))
            body = b""
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return body

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.bodies = []
        self.port = self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class ConnectProxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that knows CONNECT only, wants user "me" and password "s3cret", and takes every name for this machine."""
    daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            line = self.rfile.readline().decode()
            head = [line] + list(iter(lambda: self.rfile.readline().decode(), "\r\n"))
            self.server.asked.append(line.strip())
            wanted = "Proxy-Authorization: Basic " + base64.b64encode(b"me:s3cret").decode() + "\r\n"
            if wanted not in head:
                self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            target = socket.create_connection(("127.0.0.1", int(line.split()[1].rpartition(":")[2])))
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self.copy, args=(target, self.connection), daemon=True)
            back.start()
            self.copy(self.connection, target)

        @staticmethod
        def copy(source, to):
            try:
                while data := source.recv(65536):
                    to.sendall(data)
                to.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.asked = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


def ledger_numbers(path):
    """{sequence: times} of a ledger; a missing file is an empty one."""
    seen = {}
    if os.path.exists(path):
        with open(path, encoding="ascii") as f:
            for line in f:
                _, first, last = line.split()
                for n in range(int(first), int(last) + 1):
                    seen[n] = seen.get(n, 0) + 1
    return seen


def recorded_requests():
    """(name, body, content type, path without suffix) of what real SDKs sent: conformance/otlp."""
    shared = os.environ.get("TEL_SHARED", os.path.join(TOP, "..", "shared"))
    companions = (".headers.json", ".expected.json", ".collector.json", ".collector-expected.json")
    found = []
    for path in sorted(glob.glob(os.path.join(shared, "conformance", "otlp", "*"))):
        name = os.path.basename(path)
        is_json = "-json-" in name and not name.endswith(companions)
        if is_json or name.endswith(".bin"):
            with open(path, "rb") as f:
                found.append((name, f.read(), "application/json" if is_json else "application/x-protobuf", path.rsplit(".", 1)[0]))
    if not found:
        raise unittest_skip("no conformance data: TEL_SHARED")
    return found


def exact_binary(build, name):
    """The program behind libtool's wrapper, and the library path that it needs."""
    real = os.path.join(build, ".libs", name)
    return real if os.path.exists(real) else os.path.join(build, name)


class Suite:
    """Named cases; prints one line each in the form that tests/run.sh counts."""

    def __init__(self):
        self.cases = []
        self.failed = 0

    def case(self, function):
        self.cases.append(function)
        return function

    def skip(self, name, why):
        print(f"skip {name}: {why}", flush=True)

    def run(self, *args):
        only = os.environ.get("TEL_ONLY")
        for function in self.cases:
            name = function.__name__.replace("_", " ")
            if only and only not in name:
                continue
            started = time.monotonic()
            children = []
            try:
                figure = function(children.append, *args)
                print(f"ok   {name} ({time.monotonic() - started:.1f} s){': ' + figure if figure else ''}", flush=True)
            except unittest_skip as why:
                print(f"skip {name}: {why}", flush=True)
            except Exception:  # a failing case must not end the others
                self.failed += 1
                traceback.print_exc(file=sys.stdout)
                for child in children:
                    print(f"--- {child.name}:\n{child.output()[-3000:]}")
                print(f"FAIL {name}", flush=True)
            finally:
                for child in children:
                    child.kill()
        return 1 if self.failed else 0


class unittest_skip(Exception):
    """Raised by a case that cannot run here; the text says why."""


def openssl(*args):
    if not shutil.which("openssl"):
        raise unittest_skip("no openssl command")
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60)


def make_certificates(folder):
    """An authority (ca.pem), a certificate that it signed for loopback (cert.pem, key.pem), and an authority that nobody
    knows (stranger.pem). A function from names to paths."""
    at = lambda name: os.path.join(folder, name)
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *new, "-keyout", at(name + ".key"), "-out", at(name + ".pem"), "-days", "2", "-subj",
                "/CN=" + name)
    openssl("req", *new, "-keyout", at("key.pem"), "-out", at("request.pem"), "-subj", "/CN=node")
    with open(at("extensions"), "w", encoding="ascii") as f:
        f.write("subjectAltName=DNS:localhost,DNS:node.test\n")
    openssl("x509", "-req", "-in", at("request.pem"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial",
            "-days", "2", "-extfile", at("extensions"), "-out", at("cert.pem"))
    return at


def environment(build):
    """Programs find the libraries of the build folder."""
    os.environ["LD_LIBRARY_PATH"] = os.path.join(build, ".libs") + ":" + os.environ.get("LD_LIBRARY_PATH", "")
