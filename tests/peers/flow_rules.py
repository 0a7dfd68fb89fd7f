#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The flow rules that the manager evaluates itself fire when Prometheus says that Kyma's alert rules do: random counters of two
instances through both, compared at every evaluation.   flow_rules.py BUILDDIR"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
from harness import Suite, unittest_skip  # noqa: E402

TESTS = 20 if os.environ.get("TEL_BUDGET") == "short" else 200
EVERY, UNTIL = 30, 1200
# Samples stand between the evaluations: whether a window holds its oldest moment differs between versions of Prometheus.
SCRAPE = 31
SERVICE = "telemetry-metric-gateway-metrics"
COUNTERS = {"sent": "otelcol_exporter_sent_metric_points_total", "failed": "otelcol_exporter_send_failed_metric_points_total",
            "full": "otelcol_exporter_enqueue_failed_metric_points_total", "refused": "otelcol_receiver_refused_metric_points_total"}
ALERTS = {"MetricGatewayAllDataDropped": "all", "MetricGatewaySomeDataDropped": "some", "MetricGatewayThrottling": "throttling"}
suite = Suite()


def rules():
    """kyma-metrics.md 8.3."""
    def rate(word, by):
        return f'sum by ({by}) (rate({COUNTERS[word]}{{service="{SERVICE}"}}[5m])) > 0'
    dropped = f'(({rate("full", "pipeline_name")}) or ({rate("failed", "pipeline_name")}))'
    expressions = {"MetricGatewayAllDataDropped": f'{dropped} unless ({rate("sent", "pipeline_name")})',
                   "MetricGatewaySomeDataDropped": f'{dropped} and ({rate("sent", "pipeline_name")})',
                   "MetricGatewayThrottling": rate("refused", "receiver")}
    return "groups:\n- name: default\n  rules:\n" + "".join(
        f"  - alert: {name}\n    expr: '{expression}'\n    for: 1m0s\n" for name, expression in expressions.items())


def random_counter(rng):
    """Values of all scrapes; None: it was not scraped. The first two are alike, and nothing is there before the series is."""
    first = rng.choice([0, 0, 0, 1, 2, 9])
    quiet, restart, lost = rng.choice([0.5, 0.9, 0.97, 1]), rng.choice([0, 0.05]), rng.choice([0, 0.1])
    value, values = rng.randrange(20), []
    for number in range(UNTIL // SCRAPE + 1):
        if number > 1 and rng.random() >= quiet:
            value += rng.randrange(1, 9)
        if number > 1 and rng.random() < restart:
            value = rng.choice([0, 0, 3])
        values.append(None if number < first or rng.random() < lost else value)
    if values[1] is not None and values[0] is not None:
        values[1] = values[0]
    return values


def random_test(rng):
    """{(instance, component, word): values}"""
    series = {}
    for instance in ("gw-0", "gw-1")[:rng.choice([1, 2, 2])]:
        for pipeline in ("p", "q")[:rng.choice([1, 2])]:
            for word in ("sent", "failed", "full"):
                if rng.random() < 0.8:
                    series[instance, f"otlp_grpc/{pipeline}", word] = random_counter(rng)
        if rng.random() < 0.7:
            series[instance, "otlp", "refused"] = random_counter(rng)
    return series


def ours(build, series):
    """{time: {(word, pipeline)}}"""
    events = [(number * SCRAPE, 0, f"{instance} {component} {word}={value}") for (instance, component, word), values in series.items()
              for number, value in enumerate(values) if value is not None]
    times = list(range(0, UNTIL + 1, EVERY))
    events += [(at, 1, "?") for at in times]
    text = "".join(f"{at} {what}\n" for at, _, what in sorted(events, key=lambda event: event[:2]))
    out = subprocess.run([os.path.join(build, "tests/control/watch_flow")], input=text, capture_output=True, text=True, timeout=60,
                         check=True).stdout.split("\n")
    found = {}
    for at, line in zip(times, out):
        # of what is found only the alerts: what stalls is a rule of ours
        words = [word for word in line.split(" ") if ":" in word]
        found[at] = {(problem, word.split(":")[0]) for word in words for problem in word.split(":")[1].split(",")
                     if problem in ALERTS.values()}
    return found


def promtool_test(series, found):
    lines = [f"- interval: {SCRAPE}s\n  input_series:\n"]
    for (instance, component, word), values in series.items():
        label = f'receiver="{component}"' if word == "refused" else f'exporter="{component}",pipeline_name="{component.split("/")[1]}"'
        shown = " ".join("_" if value is None else str(value) for value in values)
        lines.append(f"  - series: '{COUNTERS[word]}{{service=\"{SERVICE}\",instance=\"{instance}\",{label}}}'\n    values: '{shown}'\n")
    lines.append("  alert_rule_test:\n")
    for at, problems in found.items():
        for alert, problem in ALERTS.items():
            names = sorted(pipeline for word, pipeline in problems if word == problem)
            lines.append(f"  - eval_time: {at}s\n    alertname: {alert}\n    exp_alerts:\n" if names else
                         f"  - eval_time: {at}s\n    alertname: {alert}\n    exp_alerts: []\n")
            for name in names:
                label = "receiver: otlp" if problem == "throttling" else f"pipeline_name: {name}"
                lines.append(f"    - exp_labels: {{{label}}}\n")
    return "".join(lines)


@suite.case
def the_rules_fire_when_prometheus_says_so(track, build):
    if not shutil.which("promtool"):
        raise unittest_skip("promtool is not installed")
    made = subprocess.run(["make", "-s", "-C", build, "tests/control/watch_flow"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr[-1000:]
    rng, fired = random.Random(7), set()
    tests = []
    for _ in range(TESTS):
        series = random_test(rng)
        found = ours(build, series)
        fired |= {problem for problems in found.values() for problem, _ in problems}
        tests.append(promtool_test(series, found))
    assert fired == set(ALERTS.values()), fired
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "rules.yaml"), "w") as out:
            out.write(rules())
        with open(os.path.join(folder, "tests.yaml"), "w") as out:
            out.write(f"rule_files: [rules.yaml]\nevaluation_interval: {EVERY}s\ntests:\n" + "".join(tests))
        done = subprocess.run(["promtool", "test", "rules", "tests.yaml"], cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (done.stdout + done.stderr)[:3000]
    return f"{TESTS} random sets of counters, {TESTS * (UNTIL // EVERY + 1)} evaluations"


if __name__ == "__main__":
    sys.exit(suite.run(sys.argv[1]))
