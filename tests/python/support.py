# SPDX-License-Identifier: Apache-2.0
"""What the tests of the package share."""
import gc
import os
import subprocess
import sys

import telemetry

BUILD = os.environ.get("TEL_BUILDDIR", ".")
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SHARED = os.environ.get("TEL_SHARED", "")
PACKAGE = os.path.join(TOP, "bindings/python")


def one_of_each():
    """A batch with every kind of metric and attribute."""
    everything = {"text": "küche\n", "no": False, "yes": True, "int": -2**63, "double": -0.0, "bytes": b"\0\xff", "none": None,
                  "list": [1, "two", [None, {"deep": 3}]], "map": {"inner": True, "": []}}
    b = telemetry.Builder()
    b.resource(everything, schema_url="https://example.test/r", dropped_attributes=3)
    b.scope("scope", "1.0", {"of": "scope"}, schema_url="https://example.test/s", dropped_attributes=4).times(5, 6)
    b.gauge("gauge", "Cel", "a gauge").point(21.5, everything).point(-2**63, flags=2).stale_point({"gone": 1})
    b.counter("counter", "1", "a counter").point(2**63 - 1)
    b.exemplar(3, 7, {"who": "me"}, trace_id=b"0123456789abcdef", span_id=b"01234567").exemplar(1.5)
    b.sum("updown", temporality=telemetry.Temporality.DELTA).point(-5.0)
    b.histogram("histogram", "s").histogram_point(2**40, 1.5, [0.5, 1, 10], [1, 0, 300, 2**40], {"a": 1}, min=-1.0, max=9.0)
    b.histogram_point(0)
    b.exp_histogram("exponential").exp_histogram_point(7, None, -3, 2, telemetry.Buckets(-4, (1, 2)), telemetry.Buckets(2**31 - 1, (2,)),
                                                       zero_threshold=0.25, max=8.0)
    b.resource().scope().summary("summary").summary_point(9, 3.5, [(0.5, 1.0), (0.99, 3.0)], {"b": 2})
    return b.finish()


def many(points=100, attributes=3):
    b = telemetry.Builder().resource({"service.name": "many"}).scope("s").times(1, 2).gauge("many")
    for i in range(points):
        b.point(float(i), {"key%d" % k: "value %d" % i for k in range(attributes)})
    return b.finish()


def rss():
    """Resident bytes of this process that are its own."""
    gc.collect()
    with open("/proc/self/smaps_rollup", encoding="ascii") as stream:
        return sum(int(line.split()[1]) for line in stream if line.startswith("Private_Dirty:")) * 1024


def python(code, *options, library=None, check=True, **variables):
    """Runs code in another Python; (exit code, output, errors)."""
    env = dict(os.environ, PYTHONPATH=PACKAGE)
    env.update(variables)
    if library is not None:
        env["TELEMETRY_LIBRARY"] = library
    done = subprocess.run([sys.executable, *options, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=120)
    if check:
        assert done.returncode == 0, "exit %d: %s" % (done.returncode, done.stderr)
    return done.returncode, done.stdout, done.stderr
