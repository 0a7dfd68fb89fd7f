# SPDX-License-Identifier: Apache-2.0
"""A browser without a window, driven by the W3C WebDriver protocol."""
import base64
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
from harness import Program, free_port, unittest_skip, until  # noqa: E402

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def installed():
    return shutil.which("chromium") and shutil.which("chromedriver")


class Browser(Program):
    def __init__(self, *options):
        if not installed():
            raise unittest_skip("chromium and chromium-driver are not installed")
        self.port = free_port()
        self.profile = tempfile.mkdtemp(prefix="tel-browser-")
        super().__init__([shutil.which("chromedriver"), f"--port={self.port}"], "chromedriver")
        until("chromedriver answers", lambda: self.try_status())
        args = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--hide-scrollbars", f"--user-data-dir={self.profile}", *options]
        if os.geteuid() == 0:
            args.append("--no-sandbox")
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
                  "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": args}}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}}, timeout=60)["sessionId"]

    def try_status(self):
        try:
            return self.call("GET", "/status", timeout=5)["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json; charset=utf-8"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value and "stacktrace" in value:
            raise AssertionError(f"{path}: {value['error']}: {value['message']}")
        return value

    def do(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self.do("POST", "/url", {"url": url})

    def run(self, script, *args):
        """What a script in the page returns."""
        return self.do("POST", "/execute/sync", {"script": script, "args": list(args)})

    def size(self, width, height):
        """Of the viewport: windows have a least width, pages on phones do not."""
        self.do("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})

    def dark(self, dark):
        self.do("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}})

    def console(self):
        """Warnings and errors of the page since the last call, refused scripts and styles among them."""
        return [x["message"] for x in self.do("POST", "/se/log", {"type": "browser"}) if x["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.do("GET", "/screenshot")))

    def kill(self):
        try:
            self.do("DELETE", "")
        except (OSError, AssertionError, AttributeError):
            pass
        super().kill()
        shutil.rmtree(self.profile, ignore_errors=True)
