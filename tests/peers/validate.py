#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What we render of random pipelines is a configuration that the real Collector takes, and so does our own loader; what one
of them refuses the other refuses, too.   validate.py BUILDDIR

The short budget takes fewer sets, and skips by name where the Collector with Kubernetes components is not built yet: building
it takes nine minutes of a core."""
import base64
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
from harness import Suite, environment, make_certificates, unittest_skip  # noqa: E402
from peer import peer  # noqa: E402

SHORT = os.environ.get("TEL_BUDGET") == "short"
SETS = 20 if SHORT else 200
MUTATIONS = 30 if SHORT else 100
# Not on the module proxy: Kyma's own components, and one of the Collector's that only exists in Kyma's distribution.
ABSENT = {"cgroup_runtime", "kymastats", "service_enrichment", "istio_noise_filter"}
suite = Suite()


# ---- the filter between what we render and what the peer can take ----

def is_absent(component):
    return component.split("/")[0] in ABSENT


def without_absent(text):
    """Components that the peer lacks, their mention in lists, and the pipeline of a receiver that is gone."""
    kept, depth = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if depth is not None and indent > depth:
            continue
        depth = None
        key = re.match(r"( {4}| {8})(\S+):", line)
        if key and (is_absent(key.group(2)) and indent == 4 or key.group(2) == "metrics/input-kyma-stats"):
            depth = indent
        elif not (re.match(r"\s+- \S+$", line) and is_absent(line.split()[-1])):
            kept.append(line)
    return "\n".join(kept) + "\n"


def for_the_peer(text, at):
    """Runs outside of a cluster: no service account, certificates of Istio where we have some, a namespace for leases."""
    text = without_absent(text).replace("auth_type: serviceAccount", "auth_type: none")
    text = re.sub(r"( +)(lease_name: \S+\n)(?! *lease_namespace)", r"\1\2\1lease_namespace: kyma-system\n", text)
    text = re.sub(r"( ca_file): .*", rf"\1: {at('ca.pem')}", text)
    text = re.sub(r"( cert_file): .*", rf"\1: {at('cert.pem')}", text)
    return re.sub(r"( key_file): .*", rf"\1: {at('key.pem')}", text)


def in_secrets(objects):
    """What the Secrets among rendered objects hold: the variables of gateway and agent."""
    secrets = [o for o in objects.split("\n---\n") if re.search(r"^kind: Secret$", o, re.M)]
    found = {name: base64.b64decode(value).decode() for o in secrets for name, value in re.findall(r"^ {4}([A-Z][A-Z0-9_]*): (\S+)$", o, re.M)}
    return {**found, "MY_POD_IP": "127.0.0.1", "MY_NODE_NAME": "node", "KUBERNETES_SERVICE_HOST": "127.0.0.1"}


class Configurations:
    """Gateway and agent of each random set, made ready for the peer, with the variables that they are started with; no agent that
    nobody needs."""

    def __init__(self, build, count):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix="tel-validate-")
        self.at = make_certificates(self.folder.name)
        self.rendered = []   # (name, text)
        self.variables = {}  # by the seed at the end of a name
        self.pipelines = 0
        made = subprocess.run(["make", "-s", "-C", build, "tests/control/make_pipelines"], capture_output=True, text=True)
        if made.returncode:
            raise unittest_skip("the generator of pipelines is not built here: " + (made.stderr.strip().splitlines() or ["?"])[-1])
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for parts in pool.map(self.render, range(count)):
                self.rendered += parts

    def run(self, *argv, **kwargs):
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, **kwargs)

    def render(self, seed):
        pem = [self.at(name) for name in ("ca.pem", "cert.pem", "key.pem")]
        documents = self.run(os.path.join(self.build, "tests/control/make_pipelines"), str(seed), *pem).stdout
        self.pipelines += documents.count('"kind": "MetricPipeline"')
        self.variables[str(seed)] = in_secrets(self.run(os.path.join(self.build, "telemetryctl"), "render", "objects", "-", input=documents).stdout)
        parts = []
        for target in ("gateway", "agent"):
            done = self.run(os.path.join(self.build, "telemetryctl"), "render", target, "-", input=documents)
            assert done.returncode == 0 and done.stderr == "", f"seed {seed}: {done.stderr}"
            if target == "gateway" or not re.search(r"^receivers: \{\}$", done.stdout, re.M):
                parts.append((f"{target} of seed {seed}", for_the_peer(done.stdout, self.at)))
        return parts

    def environment(self, name, text):
        """What a configuration is started with; every variable that it refers to is there."""
        known = {**os.environ, **self.variables[name.split()[-1]]}
        unknown = set(re.findall(r"\$\{(\w+)\}", text)) - known.keys()
        assert not unknown, f"{name}: no value for {unknown}"
        return known

    def write(self, name, text):
        path = os.path.join(self.folder.name, re.sub(r"\W+", "-", name) + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def theirs(self, program, name, text):
        """"" when the Collector takes it, else what it says."""
        path = self.write(name, text)
        done = self.run(program, "validate", "--config", path, env=self.environment(name, text))
        return "" if done.returncode == 0 else done.stderr or f"exit {done.returncode}"

    def ours(self, name, text):
        """The findings of telemetryctl validate."""
        path = self.write(name, text)
        done = self.run(os.path.join(self.build, "telemetryctl"), "validate", "--format=json", path,
                        env=self.environment(name, text))
        findings = json.loads(done.stdout)
        assert done.returncode == (78 if any(f["level"] == "error" for f in findings) else 0), done.stderr
        return findings


def full():
    if SHORT and subprocess.run(["sh", os.path.join(HERE, "peers"), "cached", "full"], capture_output=True).returncode:
        raise unittest_skip("the Collector with Kubernetes components is not built here, and building it is not for the short budget")
    return peer("full")


def configurations(build):
    if not hasattr(configurations, "all"):
        configurations.all = Configurations(build, SETS)
    return configurations.all


def every(function, rows):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda row: function(*row), rows))


def we_have_all(build, rendered):
    """Skips while a component that is rendered is not in our table."""
    done = subprocess.run([os.path.join(build, "telemetryctl"), "components", "--format=json"], capture_output=True, text=True)
    known = {name for c in json.loads(done.stdout) for name in [c["type"], *c["old_names"]]}
    wanted = {key.split("/")[0] for _, text in rendered for key in re.findall(r"^ {4}([a-z]\S*):", re.sub(r"(?ms)^service:.*?(?=^\w)", "", text), re.M)}
    if wanted - known:
        raise unittest_skip("not in this build: " + ", ".join(sorted(wanted - known)))


# ---- cases ----

@suite.case
def the_collector_takes_what_we_render(track, build):
    program, made = full(), configurations(build)
    refused = [(name, said) for (name, _), said in zip(made.rendered, every(lambda n, t: made.theirs(program, n, t), made.rendered)) if said]
    assert not refused, f"{len(refused)} of {len(made.rendered)}: " + "\n".join(f"{name}: {said[-600:]}" for name, said in refused[:5])
    return f"{len(made.rendered)} configurations of {made.pipelines} pipelines in {SETS} sets"


@suite.case
def our_loader_takes_what_we_render_without_a_finding(track, build):
    made = configurations(build)
    we_have_all(build, made.rendered)
    found = [(name, findings) for (name, _), findings in zip(made.rendered, every(made.ours, made.rendered)) if findings]
    assert not found, f"{len(found)} of {len(made.rendered)}: {found[:5]}"
    return f"{len(made.rendered)} configurations"


# What spoils a configuration: name, what is replaced, by what. The first place counts.
SPOILERS = [
    ("unknown key of an exporter", r"( +)compression: \w+\n", r"\g<0>\1compresion: gzip\n"),
    ("unknown key of a receiver", r"( +)endpoint: \$\{MY_POD_IP\}:4317\n", r"\g<0>\1endpont: x\n"),
    ("unknown coding", r"compression: \w+", "compression: lzma9"),
    ("no endpoint", r"  endpoint: \$\{OTLP_ENDPOINT.*\n", "\n"),
    ("negative queue", r"queue_size: \d+", "queue_size: -1"),
    ("queue that is a word", r"queue_size: \d+", "queue_size: many"),
    ("retry without a unit", r"max_elapsed_time: 300s", "max_elapsed_time: 300 seconds"),
    ("interval without a unit", r"check_interval: 1s", "check_interval: soon"),
    ("interval of zero", r"check_interval: 1s", "check_interval: 0s"),
    ("percentage above a hundred", r"limit_percentage: 75", "limit_percentage: 175"),
    ("spike above the limit", r"spike_limit_percentage: 15", "spike_limit_percentage: 80"),
    ("smallest batch above the largest", r"send_batch_max_size: 1024", "send_batch_max_size: 1000"),
    ("timeout below zero", r"timeout: 10s", "timeout: -10s"),
    ("exporter that is not there", r"(exporters:\n +- otlp_\w+/)\S+", r"\1nobody"),
    ("processor that is not there", r"- batch\n", "- batch/nobody\n"),
    ("receiver that is not there", r"(receivers:\n +)- \S+", r"\1- otlp/nobody"),
    ("processor twice", r"( +)- batch\n", r"\g<0>\1- batch\n"),
    ("pipeline without exporters", r"exporters:\n( +- otlp_.*\n)+", "exporters: []\n"),
    ("unknown type", r"\n    batch:\n", "\n    btach:\n"),
    ("extension that is not there", r"- health_check\n", "- health_chekc\n"),
    ("unknown signal", r"\n        metrics/", "\n        metrisc/"),
    ("statement that is none", r"- delete_matching_keys\(.*", "- delete_matching_keys("),
    ("unknown function", r"delete_matching_keys\(", "delete_keys_that_match("),
    ("unknown path", r"- set\(resource\.attributes", "- set(resource.atributes"),
    ("editor as condition", r"(conditions:\n +- ).*", r'\1set(metric.name, "x")'),
    ("unknown error mode", r"error_mode: ignore", "error_mode: ignroe"),
    ("list that is a map", r"(metric_statements|metric_conditions):\n", r"\1: {a: b}\n    other:\n"),
    ("unknown metadata", r"- k8s\.pod\.name", "- k8s.pod.nmae"),
    ("unknown way to authenticate", r"auth_type: none", "auth_type: nobody"),
    ("regex that is none", r"(regex|key_regex): \S+.*", r"\1: (("),
    ("unknown relabel action", r"action: keep", "action: kep"),
    ("scrape interval that is a word", r"scrape_interval: \S+", "scrape_interval: often"),
    ("unknown key of a scrape job", r"( +)scrape_interval: (\S+)\n", r"\g<0>\1scrape_intervall: \2\n"),
    ("unknown role of discovery", r"role: pod\n", "role: pood\n"),
    ("route to nowhere", r"(pipelines:\n +- metrics/output-)\S+", r"\1nobody"),
    ("route that is no statement", r"statement: route\(\) where .*", "statement: rout() where true"),
    ("unknown metric group", r"- (container|pod|node|volume)\n", "- pods\n"),
    ("leases without a name", r"lease_name: \S+", 'lease_name: ""'),
    ("no client id", r"client_id: .*", 'client_id: ""'),
    ("tls that is a word", r"tls:\n( +\S+: .*\n)+", "tls: yes please\n"),
    ("unknown log level", r"level: info", "level: loud"),
    ("not YAML", r"\nservice:\n", "\nservice: [\n"),
    ("key twice", r"(\n    batch:\n)((?: {8}.*\n)+)", r"\1\2    batch:\n\2"),
    ("connectors in a circle", r"(exporters:\n +- )forward/enrichment", r"\1forward/input"),
]
# Spoilers that only one side minds, each with the reason (doc/differences.md).
DIFFERENT = {}


def spoiled(made):
    """(name, text) of MUTATIONS configurations, one spoiler in each, all of them in turn."""
    rng, rows, turn, order = random.Random(7), [], 0, list(made.rendered)
    while len(rows) < MUTATIONS:
        what, pattern, by = SPOILERS[turn % len(SPOILERS)]
        turn += 1
        rng.shuffle(order)
        fitting = next(((name, text) for name, text in order if re.search(pattern, text)), None)
        assert fitting or SHORT, f"{what}: no configuration has such a place"
        if fitting:
            rows.append((f"{what}, {fitting[0]}", re.sub(pattern, by, fitting[1], count=1)))
    return rows


@suite.case
def what_one_refuses_the_other_refuses_too(track, build):
    program, made = full(), configurations(build)
    we_have_all(build, made.rendered)
    rows = spoiled(made)
    theirs = every(lambda n, t: made.theirs(program, n, t), rows)
    ours = every(made.ours, rows)
    refused = [any(f["level"] == "error" for f in findings) for findings in ours]
    different = [(name, "ours takes it: " + said[-300:] if said else "theirs takes it: " + json.dumps(findings)[:300])
                 for (name, _), said, findings, no in zip(rows, theirs, ours, refused) if bool(said) != no]
    unknown = [row for row in different if row[0].split(",")[0] not in DIFFERENT]
    both = sum(1 for said, no in zip(theirs, refused) if said and no)
    assert not unknown, f"{both} of {len(rows)} are refused by both:\n" + "\n".join(": ".join(row) for row in unknown)
    placed = sum(1 for findings in ours if any(f["line"] for f in findings if f["level"] == "error"))
    return f"{both} of {len(rows)} refused by both, {len(different)} different for known reasons, {placed} with line and column"


if __name__ == "__main__":
    environment(sys.argv[1])
    sys.exit(suite.run(sys.argv[1]))
