# SPDX-License-Identifier: Apache-2.0
"""What the programs of this folder record, as data, and what an SDK has to export then.

Three rounds r = 1, 2, 3, each with one flush. Values are exact in binary, so that sums do not depend on their order.
expected() says it once more in Python, from the rules of the data model and not from any SDK."""
import math

ROUNDS = 3
RESOURCE = {"service.name": "sdk", "answer": 42, "ratio": 0.5, "flag": True, "names": ["a", "b"], "text": "käse ✓ 日本 😀"}
SCOPES = {"told.one": ("1.2", "https://example.com/schema"), "told.two": ("", "")}
BOUNDS = [0.0, 1.0, 2.5, 5.0, 10.0]
LARGEST = 9007199254740991  # what every SDK's integers hold


def kind(of):
    return {"kind": f"k{of}"}


def recordings(r):
    """(instrument, value, attributes) of a round, in the order of the programs."""
    for i in range(20):
        yield "requests", i + r, {"index": i, "text": "käse ✓ " + "x" * i, "even": i % 2 == 0, "part": i * 0.25 + 0.125}
    for i in range(5):
        yield "work", i * 0.5 + r, {"index": i}
        yield "balance", r - i, {"index": i}
        yield "temperature", i * 1.5 - 20.25 + r, {"index": i}
    for i in range(30):
        yield "latency", i * 0.75, kind(i % 3)
        yield "exponential", (5 + 4 * i) / 16, kind(i % 2)


def observations(r):
    yield "observed", 7, {"names": ["a", "b"], "numbers": [1, 2, 3], "flags": [True, False]}
    yield "observed", LARGEST, {"empty": ""}
    yield "ticks", 10 * r, {}
    yield "depth", 5 - 3 * r, {}


# name: (scope, shape, monotonic or None, number, unit, description). Delta concerns monotonic sums and histograms.
INSTRUMENTS = {
    "requests": ("told.one", "sum", True, int, "1", "requests so far ✓"),
    "work": ("told.one", "sum", True, float, "", ""),
    "balance": ("told.one", "sum", False, int, "", ""),
    "latency": ("told.one", "histogram", None, float, "s", ""),
    "exponential": ("told.one", "exponentialHistogram", None, float, "", ""),
    "temperature": ("told.two", "gauge", None, float, "Cel", ""),
    "observed": ("told.two", "gauge", None, int, "", ""),
    "ticks": ("told.two", "sum", True, int, "", ""),
    "depth": ("told.two", "sum", False, int, "", ""),
}


def is_delta(name, temporality):
    _, shape, monotonic, *_ = INSTRUMENTS[name]
    return temporality == "delta" and (monotonic or shape in ("histogram", "exponentialHistogram"))


def key_of(attributes):
    """Attributes without order; True and 1 are different."""
    def frozen(value):
        return tuple(map(frozen, value)) if isinstance(value, list) else (type(value).__name__, value)
    return frozenset((name, frozen(value)) for name, value in attributes.items())


def expected(r, temporality):
    """{name: {attributes: number, or the list of what was recorded}} of the export after round r."""
    found = {name: {} for name in INSTRUMENTS}
    for k in range(1, r + 1):
        for name, value, attributes in recordings(k):
            points, key = found[name], key_of(attributes)
            shape = INSTRUMENTS[name][1]
            if is_delta(name, temporality) and k < r:
                continue
            if shape == "sum":
                points[key] = points.get(key, 0) + value
            elif shape == "gauge":
                points[key] = value
            else:
                points.setdefault(key, []).append(value)
    before = {(name, key_of(a)): value for name, value, a in observations(r - 1)} if r > 1 else {}
    for name, value, attributes in observations(r):
        key = key_of(attributes)
        found[name][key] = value - before.get((name, key), 0) if is_delta(name, temporality) else value
    return found


def any_value(value):
    (form, inner), = value.items() if value else [("stringValue", None)]
    if form == "arrayValue":
        return [any_value(v) for v in inner.get("values", [])]
    return int(inner) if form == "intValue" else float(inner) if form == "doubleValue" else inner


def attributes_of(owner):
    found = {a["key"]: any_value(a["value"]) for a in owner.get("attributes", [])}
    assert len(found) == len(owner.get("attributes", [])), "an attribute twice"
    return found


def same(what, have, want):
    assert have == want and type(have) is type(want), f"{what}: {have!r} where {want!r} was recorded"


def buckets_of(values, bounds):
    counts = [0] * (len(bounds) + 1)
    for v in values:
        counts[sum(v > b for b in bounds)] += 1
    return counts


def check_distribution(what, point, values):
    same(what + " count", int(point["count"]), len(values))
    same(what + " sum", float(point["sum"]), float(sum(values)))
    same(what + " min", float(point["min"]), float(min(values)))
    same(what + " max", float(point["max"]), float(max(values)))


def check_histogram(what, point, values):
    check_distribution(what, point, values)
    same(what + " bounds", [float(b) for b in point["explicitBounds"]], BOUNDS)
    same(what + " buckets", [int(n) for n in point["bucketCounts"]], buckets_of(values, BOUNDS))


def check_exponential(what, point, values):
    check_distribution(what, point, values)
    scale, positive = int(point.get("scale", 0)), point["positive"]
    have = {int(positive.get("offset", 0)) + i: int(n) for i, n in enumerate(positive["bucketCounts"]) if int(n)}
    want = {}
    for v in values:
        index = math.ceil(math.ldexp(math.log2(v), scale)) - 1
        want[index] = want.get(index, 0) + 1
    same(what + " buckets", have, want)
    assert scale > 0 and not int(point.get("zeroCount", 0)), what
    assert not any(map(int, point.get("negative", {}).get("bucketCounts", []))), what


def check_number(what, point, value, number):
    same(what, int(point["asInt"]) if number is int else float(point["asDouble"]), number(value))


def check_metric(metric, points, name, temporality):
    _, shape, monotonic, number, unit, description = INSTRUMENTS[name]
    same(name + " unit", metric.get("unit", ""), unit)
    same(name + " description", metric.get("description", ""), description)
    data = metric[shape]
    if shape != "gauge":
        same(name + " temporality", data["aggregationTemporality"], 1 if is_delta(name, temporality) else 2)
    if shape == "sum":
        same(name + " monotonic", data.get("isMonotonic", False), monotonic)
    have = {key_of(attributes_of(p)): p for p in data["dataPoints"]}
    assert have.keys() == points.keys() and len(have) == len(data["dataPoints"]), \
        f"{name}: points {sorted(map(str, have.keys() ^ points.keys()))}"
    for key, point in have.items():
        what = f"{name} {sorted(key, key=str)}"
        assert int(point["timeUnixNano"]) > 0 and not point.get("exemplars"), what
        if shape == "histogram":
            check_histogram(what, point, points[key])
        elif shape == "exponentialHistogram":
            check_exponential(what, point, points[key])
        else:
            check_number(what, point, points[key], number)
    return len(have)


def check_export(request, r, temporality):
    """Compares one decoded request with what was recorded by the end of round r; the number of points."""
    resource, = request["resourceMetrics"]
    have = attributes_of(resource["resource"])
    for name, value in RESOURCE.items():
        same("resource " + name, have.get(name), value)
    extra = {name.split(".")[0] for name in have.keys() - RESOURCE.keys()}
    assert extra <= {"telemetry", "service", "process", "host"}, extra
    told = [s for s in resource["scopeMetrics"] if not s["scope"]["name"].startswith("io.opentelemetry.")]  # its own
    assert sorted(s["scope"]["name"] for s in told) == sorted(SCOPES)
    found, points = expected(r, temporality), 0
    for scope in told:
        name = scope["scope"]["name"]
        same("scope " + name, (scope["scope"].get("version", ""), scope.get("schemaUrl", "")), SCOPES[name])
        wanted = {n for n, row in INSTRUMENTS.items() if row[0] == name}
        metrics = {m["name"]: m for m in scope["metrics"]}
        assert metrics.keys() == wanted and len(metrics) == len(scope["metrics"]), f"{name}: {sorted(metrics)}"
        points += sum(check_metric(m, found[n], n, temporality) for n, m in metrics.items())
    return points
