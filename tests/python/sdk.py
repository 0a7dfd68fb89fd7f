#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Python package beside what PyPI has: the OpenTelemetry SDK, pytest, numpy, mypy and pip.   sdk.py BUILDDIR"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PACKAGE = os.path.join(TOP, "bindings/python")
sys.path.insert(0, os.path.join(HERE, "../daemons"))
from harness import Suite, unittest_skip  # noqa: E402

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "libtelemetry-python")
suite = Suite()


def venv():
    """The Python of an environment outside of the tree, made once per list of requirements."""
    python, wanted = os.path.join(CACHE, "bin/python"), os.path.join(HERE, "requirements.txt")
    stamp = os.path.join(CACHE, "requirements.txt")
    with open(wanted, encoding="utf-8") as stream:
        text = stream.read()
    if os.path.exists(stamp) and open(stamp, encoding="utf-8").read() == text:
        return python
    for command in ([sys.executable, "-m", "venv", "--clear", CACHE],
                    [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted]):
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode:
            raise unittest_skip("cannot be installed: " + (made.stderr.strip().splitlines() or ["?"])[-1])
    with open(stamp, "w", encoding="utf-8") as stream:
        stream.write(text)
    return python


def run(build, *command, package=PACKAGE, **more):
    env = dict(os.environ, PYTHONPATH=package, PYTHONDONTWRITEBYTECODE="1", TEL_BUILDDIR=build,
               TELEMETRY_LIBRARY=os.path.join(build, ".libs"), **more)
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


@suite.case
def sink_of_the_python_package_under_the_sdk(track, build):
    out = run(build, venv(), "-m", "pytest", "-q", "-p", "no:cacheprovider", os.path.join(HERE, "sdk_sink.py"))
    found = re.search(r"(\d+) passed", out)
    assert found and "failed" not in out, out
    return "pytest: %s passed" % found.group(1)


@suite.case
def python_package_with_numpy_and_mypy(track, build):
    out = run(build, venv(), os.path.join(HERE, "python.test"), "metrics:", "mypy")
    skipped = [line for line in out.splitlines() if "# SKIP" in line and "conformance" not in line]
    assert not skipped, skipped
    return out.strip().splitlines()[-1][2:]


@suite.case
def python_package_installed_by_pip(track, build):
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
        subprocess.run(["cp", "-r", PACKAGE, source], check=True)  # pip builds in the source folder
        done = subprocess.run([venv(), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--target", target,
                               source], capture_output=True, text=True)
        if done.returncode and re.search("No matching distribution|Could not find a version", done.stderr):
            raise unittest_skip("setuptools cannot be fetched")
        assert done.returncode == 0, done.stderr
        return run(build, venv(), "-c", "import os, telemetry; assert os.path.exists(telemetry.__path__[0] + '/py.typed'); "
                   "print(len(telemetry.Builder().gauge('g').point(1).finish()), 'point,', telemetry.version())", package=target).strip()


if __name__ == "__main__":
    sys.exit(suite.run(os.path.abspath(sys.argv[1])))
