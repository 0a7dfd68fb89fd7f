#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages in a real browser: what they show, and that hostile names and messages stay text (security.md S66).
run.py BUILDDIR; screenshots go to BUILDDIR/screenshots."""
import http.server
import json
import os
import re
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
import otlp  # noqa: E402
from harness import Gateway, Sink, Suite, environment, get, until  # noqa: E402
from webdriver import Browser  # noqa: E402

PATHS = ("/", "/pipelines", "/queues")
OWN = "document.documentElement.setAttribute('data-owned', '1')"
HOSTILE = (f"<img src=x onerror=\"{OWN}\">", f"<script>{OWN}</script>", f"</table></script><svg onload=\"{OWN}\">",
           "javascript:alert(1)", "{{7*7}}${7*7}", "\u202egnp.exe\u0000\ufffd", "a" * 2000, "&lt;b&gt;", "'\"><b>")
# What an id may hold of it: the Collector's rule leaves quotes, ampersands, brackets and semicolons.
NAME = "\"onmouseover:'x'&lt;img/src:x;(1)[]{}"
CONFIG = """
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:{grpc}"}, http: {endpoint: "127.0.0.1:{http}"}}}}
exporters:
  otlp_http/HOSTILE: {endpoint: "http://127.0.0.1:{sink}", compression: none}
  otlp_http/gone: {endpoint: "http://127.0.0.1:1", sending_queue: {queue_size: 2, num_consumers: 1}}
  nop: {}
processors: {batch/HOSTILE: {timeout: 100ms}}
extensions: {health_check: {endpoint: "127.0.0.1:{health}"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {level: none}}
  pipelines:
    metrics/HOSTILE: {receivers: [otlp], processors: [batch/HOSTILE], exporters: [otlp_http/HOSTILE, nop]}
    metrics/gone: {receivers: [otlp], exporters: [otlp_http/gone]}
"""
suite = Suite()


def quoted(name):
    """As a part of a plain YAML key or flow item: the whole of it has to be quoted."""
    return name.replace("'", "''")


def hostile_config():
    text = CONFIG
    for kind in ("otlp_http", "batch", "metrics"):
        text = text.replace(f"{kind}/HOSTILE", f"'{kind}/{quoted(NAME)}'")
    return text


def updates(browser, count):
    until(f"{count} updates", lambda: int(browser.run("return document.body.getAttribute('data-updates')") or 0) >= count)


def assert_untouched(browser, where):
    """No script but the page's own ran, nothing was fetched from elsewhere, nothing became an element."""
    assert browser.run("return document.documentElement.getAttribute('data-owned')") is None, where
    assert browser.run("return document.querySelectorAll('img, svg, iframe, object, b').length") == 0, where
    assert browser.run("return document.scripts.length") == 1, where
    origin = browser.run("return location.origin")
    fetched = browser.run("return performance.getEntriesByType('resource').map((x) => x.name)")
    assert all(url.startswith(origin + "/") for url in fetched), (where, fetched)
    noise = [line for line in browser.console() if "favicon" not in line]
    assert not noise, (where, noise)


def shoot(browser, build, name):
    folder = os.path.join(build, "screenshots")
    os.makedirs(folder, exist_ok=True)
    for theme in ("light", "dark"):
        browser.dark(theme == "dark")
        for form, width, height in (("wide", 1400, 900), ("phone", 375, 900)):
            browser.size(width, height)
            assert browser.run("return document.documentElement.scrollWidth") <= width, (name, form)
            browser.screenshot(os.path.join(folder, f"{name}-{form}-{theme}.png"))
    colours = browser.run("const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]")
    browser.dark(False)
    assert colours != browser.run("const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"), name
    browser.size(1400, 900)


def rows(browser, table):
    """[{column: text}] of a table body, as a reader sees it."""
    return browser.run("""
        return [...document.querySelectorAll('#' + arguments[0] + ' tr')].map((row) => Object.fromEntries([['', row.cells[0]
        .textContent], ...[...row.cells].slice(1).map((c) => [c.dataset.label, c.textContent])]))""", table)


@suite.case
def pages_show_what_goes_through_and_what_is_stuck(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, hostile_config(), sink=sink.http)
    track(gateway)
    browser = Browser()
    track(browser)
    for i in range(10):
        assert get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(100, 100 * i),
                   {"Content-Type": "application/x-protobuf"})[0] == 200
    url = f"http://127.0.0.1:{gateway.ports['pages']}"
    for path in PATHS:
        browser.open(url + path)
        updates(browser, 2)
        assert_untouched(browser, path)
        if path == "/pipelines":
            first = rows(browser, "pipelines")[0]
            assert first[""] == "metrics/" + NAME and first["Received"].startswith("1,000"), first
            assert rows(browser, "processors")[0][""] == "batch/" + NAME
            assert [r["Transport"] for r in rows(browser, "receivers")] == ["grpc", "http"]
            get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(1000, 1000),
                {"Content-Type": "application/x-protobuf"})
            until("a rate", lambda: re.match(r"2,000[1-9][0-9,.]*/s", rows(browser, "pipelines")[0]["Received"]))
        if path == "/queues":
            queues = {r[""]: r for r in rows(browser, "queues")}
            good, gone = queues["otlp_http/" + NAME], queues["otlp_http/gone"]
            assert good["Messages"] == "none" and good["State"] == "idle", good
            assert gone["State"] in ("unreachable", "retrying") and "2 of 2 requests" in gone["Queue"], gone
            assert "last error: " in gone["Messages"], gone
        shoot(browser, build, path.strip("/") or "index")
    return "screenshots/ in the build folder: three pages, two widths, two themes"


class Backend(http.server.BaseHTTPRequestHandler):
    """Takes the data and says something about it: a partial success with a hostile message."""
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        message = HOSTILE[0].encode()
        partial = b"\x08\x01\x12" + bytes([len(message)]) + message
        answer = b"\x0a" + bytes([len(partial)]) + partial
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Served:
    """A server of this test, for the time of a with block."""
    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@suite.case
def words_of_a_hostile_backend_stay_text(track, build):
    with Served(Backend) as backend:
        gateway = Gateway(build, hostile_config(), sink=backend.port)
        track(gateway)
        browser = Browser()
        track(browser)
        assert get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(10),
                   {"Content-Type": "application/x-protobuf"})[0] == 200
        browser.open(f"http://127.0.0.1:{gateway.ports['pages']}/queues")
        until("the message", lambda: HOSTILE[0] in rows(browser, "queues")[0]["Messages"])
        assert rows(browser, "queues")[0]["Rejected by the backend"].startswith("1")
        assert_untouched(browser, "queues")


class Impostor(http.server.BaseHTTPRequestHandler):
    """Serves the page of a real gateway, with documents in which every name and message is hostile."""
    def do_GET(self):
        path, _, query = self.path.partition("?")
        entry = self.server.answers.get((path, query))
        self.send_response(200 if entry else 404)
        for name, value in (entry[0] if entry else {}).items():
            if name.lower() not in ("date", "content-length"):
                self.send_header(name, value)
        self.end_headers()
        if entry:
            self.wfile.write(entry[1])

    def log_message(self, *_):
        pass


def poison(value, words):
    """The document with every text replaced; ids stay equal where they were equal."""
    if isinstance(value, dict):
        return {k: poison(v, words) for k, v in value.items()}
    if isinstance(value, list):
        return [poison(v, words) for v in value]
    if isinstance(value, str):
        return words.setdefault(value, HOSTILE[len(words) % len(HOSTILE)] + str(len(words)))
    return value


@suite.case
def hostile_names_in_every_place_stay_text(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, hostile_config(), sink=sink.http)
    track(gateway)
    get(gateway.ports["http"], "/v1/metrics", "POST", otlp.points_request(10), {"Content-Type": "application/x-protobuf"})
    browser = Browser()
    track(browser)
    with Served(Impostor) as impostor:
        impostor.server.answers = {}
        for path in PATHS:
            page = get(gateway.ports["pages"], path, headers={"Accept": "text/html"})
            data = get(gateway.ports["pages"], path)
            body = json.dumps(poison(json.loads(data[2]), {})).encode()
            impostor.server.answers[path, ""] = page[1], page[2]
            impostor.server.answers[path, "format=json"] = data[1], body
        for path in PATHS:
            browser.open(f"http://127.0.0.1:{impostor.port}{path}")
            updates(browser, 2)
            assert_untouched(browser, path)
            shown = browser.run("return document.querySelector('main').textContent")
            assert "('data-owned', '1')" in shown, shown[:500]


@suite.case
def tables_can_be_read_without_seeing_them(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, hostile_config(), sink=sink.http)
    track(gateway)
    browser = Browser()
    track(browser)
    for path in PATHS:
        browser.open(f"http://127.0.0.1:{gateway.ports['pages']}{path}")
        updates(browser, 1)
        assert browser.run("return document.documentElement.lang") == "en"
        assert browser.run("return document.querySelectorAll('main, nav[aria-label], h1').length") == 3
        assert browser.run("return [...document.querySelectorAll('table')].every((t) => t.caption && t.caption.textContent)")
        assert browser.run("return [...document.querySelectorAll('th')].every((x) => x.scope === 'row' || x.scope === 'col')")
        assert browser.run("return [...document.querySelectorAll('tbody tr')].every((r) => r.cells[0].tagName === 'TH')")
        assert browser.run("return document.querySelectorAll('nav a[aria-current=page]').length") == 1
        assert browser.run("return [...document.querySelectorAll('table, thead, tbody, tr, th, td')].every((x) => x.getAttribute('role'))")
        columns = browser.run("""return [...document.querySelectorAll('table')].every((t) => !t.tHead ||
            [...t.tBodies[0].rows].every((r) => r.cells.length === t.tHead.rows[0].cells.length &&
            [...r.cells].slice(1).every((c, i) => c.dataset.label === t.tHead.rows[0].cells[i + 1].textContent)))""")
        assert columns, path


@suite.case
def a_gateway_that_went_away_is_said(track, build):
    sink = Sink(build)
    track(sink)
    gateway = Gateway(build, hostile_config(), sink=sink.http)
    track(gateway)
    browser = Browser()
    track(browser)
    browser.open(f"http://127.0.0.1:{gateway.ports['pages']}/queues")
    updates(browser, 1)
    gateway.stop()
    until("the page says it", lambda: browser.run("return document.getElementById('status').textContent").startswith("no answer"))


if __name__ == "__main__":
    environment(os.path.abspath(sys.argv[1]))
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
