#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""telemetryctl validate and explain, as a user calls them.   control.py BUILDDIR"""
import json
import os
import re
import subprocess
import sys
import tempfile

from harness import Suite, environment, make_certificates

suite = Suite()

PIPELINE = """apiVersion: telemetry.kyma-project.io/v1beta1
kind: MetricPipeline
metadata: {name: NAME}
spec:
  input: {runtime: {enabled: true}, otlp: {enabled: false}}
  output:
    otlp:
      endpoint: ENDPOINT
"""
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: backend, namespace: default}
stringData: {url: "https://backend:4317"}
"""
FROM_SECRET = "{valueFrom: {secretKeyRef: {name: backend, namespace: default, key: KEY}}}"
CONFIG = """receivers:
  otlp: {protocols: {grpc: {endpoint: "127.0.0.1:4317"}}}
  otlp/idle: {protocols: {grpc: }}
exporters:
  otlp_grpc: {endpoint: "127.0.0.1:1", headers: {token: secret}, sending_queue: {queue_size: 7}}
service:
  pipelines: {metrics: {receivers: [otlp], exporters: [otlp_grpc]}}
"""


def pipeline(name, endpoint='{value: "https://backend:4317"}'):
    return PIPELINE.replace("NAME", name).replace("ENDPOINT", endpoint)


class Folder(tempfile.TemporaryDirectory):
    """Files by name, and telemetryctl run among them."""

    def __init__(self, build, **files):
        super().__init__(prefix="tel-control-")
        self.build = build
        for name, text in files.items():
            with open(os.path.join(self.name, name + ".yaml"), "w", encoding="utf-8") as f:
                f.write(text)

    def run(self, *args, text=None):
        done = subprocess.run([os.path.join(self.build, "telemetryctl"), *args], capture_output=True, timeout=60, cwd=self.name,
                              input=text, text=True)
        return done.returncode, done.stdout, done.stderr


@suite.case
def what_is_valid_says_nothing_unless_it_is_asked(track, build):
    folder = Folder(build, a=pipeline("a"), c=CONFIG)
    with folder:
        assert folder.run("validate", "a.yaml", "c.yaml") == (0, "", "")
        assert folder.run("validate", "-v", "c.yaml", "a.yaml") == (0, "a.yaml: resources, valid\nc.yaml: collector configuration, valid\n", "")
        assert folder.run("validate", "--format=json", "a.yaml") == (0, "[]\n", "")
        assert folder.run("validate", "-", text=CONFIG)[0] == 0


@suite.case
def every_finding_has_its_place_and_78_is_the_answer(track, build):
    wrong = pipeline("a", "{value: backend}") + "  filter: [{conditions: ['metric.nam == 1', 'metric.name == ']}]\n  nonsense: 1\n"
    folder = Folder(build, wrong=wrong, config=CONFIG.replace("queue_size: 7", "queue_sice: 7").replace("[otlp_grpc]", "[otlp]"),
                    broken="a: [\n")
    with folder:
        code, out, err = folder.run("validate", "-v", "wrong.yaml", "config.yaml")
        assert code == 78 and out.splitlines() == ["wrong.yaml: resources, 3 errors, 1 warning", "config.yaml: collector configuration, 2 errors"], out
        assert all(re.match(r"(wrong|config)\.yaml:\d+:\d+: ", line) for line in err.splitlines()), err
        assert len(err.splitlines()) == 6 and "wrong.yaml:8:17: spec.output.otlp.endpoint: missing port\n" in err, err
        assert "queue_size" in err, "no hint: " + err
        code, out, err = folder.run("validate", "--strict", "wrong.yaml")
        assert code == 78 and "warning" not in err and "nonsense" in err, err
        code, out, err = folder.run("validate", "--format=json", "wrong.yaml", "config.yaml")
        found = json.loads(out)
        assert code == 78 and err == "" and len(found) == 6 and {f["level"] for f in found} == {"error", "warning"}, out
        assert all(f["file"] and f["line"] and f["column"] and f["message"] for f in found), out
        code, out, err = folder.run("validate", "broken.yaml")
        assert code == 78 and re.match(r"broken.yaml:\d+:\d+: ", err), err
        for args in ([], ["--nonsense", "wrong.yaml"], ["-x", "wrong.yaml"], ["--format=xml", "wrong.yaml"], ["--v", "wrong.yaml"]):
            assert folder.run("validate", *args)[0] == 2, args
        assert folder.run("validate", "nowhere.yaml")[0] == 78


@suite.case
def files_are_one_set_whatever_their_order(track, build):
    folder = Folder(build, a=pipeline("a", FROM_SECRET.replace("KEY", "url")), b=pipeline("b", FROM_SECRET.replace("KEY", "uri")),
                    secret=SECRET, again=pipeline("a"))
    with folder:
        assert folder.run("validate", "a.yaml", "secret.yaml") == (0, "", "")
        assert folder.run("validate", "b.yaml") == (0, "", ""), "a Secret that is elsewhere is no mistake"
        for files in (["b.yaml", "secret.yaml"], ["secret.yaml", "b.yaml"]):
            code, _, err = folder.run("validate", *files)
            assert code == 78 and "b.yaml:8:44: spec.output.otlp.endpoint.valueFrom.secretKeyRef: one or more keys" in err, err
        code, _, err = folder.run("validate", "a.yaml", "again.yaml")
        assert code == 78 and "already exists" in err, err


@suite.case
def explain_names_the_field_of_the_pipeline(track, build):
    folder = Folder(build, a=pipeline("a"), b=pipeline("b"))
    with folder:
        code, out, err = folder.run("explain", "kubeletstats", "b.yaml", "a.yaml")
        assert code == 0 and err == "", err
        assert "    a.yaml:5:21: MetricPipeline a: spec.input.runtime.enabled is true\n" in out, out
        assert "    b.yaml:5:21: MetricPipeline b: spec.input.runtime.enabled is true\n" in out, out
        assert folder.run("explain", "kubeletstats", "a.yaml", "b.yaml")[1] == out
        code, out, _ = folder.run("explain", "a.yaml")
        assert code == 0 and out.startswith("# gateway") and "\n# agent" in out, out
        assert out.endswith("# conditions of MetricPipeline a, as far as they are known without a cluster\n    ConfigurationGenerated is True, "
                            "GatewayConfigured: MetricPipeline specification is successfully applied to the configuration of Metric gateway\n"), out
        assert "receiver otlp:" in folder.run("explain", "gateway", "a.yaml")[1]
        assert "receiver kubeletstats:" not in folder.run("explain", "gateway", "a.yaml")[1]
        out = folder.run("explain", "a", "a.yaml", "b.yaml")[1]
        assert "exporter otlp_grpc/a" in out and "exporter otlp_grpc/b" not in out, out
        told = json.loads(folder.run("explain", "--format=json", "a.yaml", "b.yaml")[1])
        assert set(told) == {"gateway", "agent", "status"}
        asked = [(c["id"], r["resource"], r["field"], r["file"], r["line"]) for c in told["agent"] for r in c["reasons"] if r["kind"] == "asked"]
        assert ("k8s_cluster", "MetricPipeline/a", "spec.input.runtime.enabled", "a.yaml", 5) in asked, asked
        rendered = folder.run("render", "gateway", "a.yaml", "b.yaml")[1]
        assert all(f"\n    {c['id']}:" in rendered for c in told["gateway"]), "explained, but not rendered"


@suite.case
def explain_shows_the_conditions_that_the_status_would_have(track, build):
    folder = Folder(build, a=pipeline("a", FROM_SECRET.replace("KEY", "url")), b=pipeline("b", "{value: backend}"), secret=SECRET)
    with folder:
        code, out, err = folder.run("explain", "conditions", "a.yaml")
        assert (code, err) == (0, "") and out.startswith("# conditions of MetricPipeline a") and out.count("# ") == 1, out
        assert "ConfigurationGenerated is False, ReferencedSecretMissing: One or more" in out, out
        assert "ConfigurationGenerated is True" in folder.run("explain", "conditions", "a.yaml", "secret.yaml")[1]
        code, out, err = folder.run("explain", "b.yaml")  # not rendered, and the reason is shown
        assert code == 78 and err == "b.yaml:8:17: spec.output.otlp.endpoint: missing port\n", err
        assert "is False, EndpointInvalid: OTLP output endpoint invalid: missing port\n" in out and "receiver" not in out, out
        code, out, _ = folder.run("explain", "status", "a.yaml", "secret.yaml")
        assert code == 0 and out.startswith("apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\n"), out
        assert json.loads(folder.run("explain", "--format=json", "status", "a.yaml")[1])["status"]["items"][0]["metadata"] == {"name": "a"}


@suite.case
def objects_are_rendered_as_a_stream(track, build):
    facts = "kind: RenderFacts\nnamespace: here\nimages: {gateway: 'g:1'}\n"
    folder = Folder(build, a=pipeline("a", FROM_SECRET.replace("KEY", "url")), secret=SECRET, facts=facts,
                    wrong=facts + "storage: {sizeLimit: much}\n", kyma="kind: RenderFacts\nobjects: kyma\n")
    with folder:
        code, out, err = folder.run("render", "objects", "--facts", "facts.yaml", "a.yaml", "secret.yaml")
        assert (code, err) == (0, ""), err
        kinds = re.findall(r"^kind: (\w+)$", out, re.M)
        assert len(kinds) == len(out.split("\n---\n")) == 24 and "DaemonSet" in kinds, kinds
        assert out.count("\n    namespace: here\n") == 20 and "\n    OTLP_ENDPOINT_A: aHR0cHM6Ly9iYWNrZW5kOjQzMTc=\n" in out, out
        assert folder.run("render", "objects", "facts.yaml", "secret.yaml", "a.yaml")[1] == out
        code, out, err = folder.run("render", "objects", "a.yaml", "wrong.yaml")
        assert code == 78 and err == "wrong.yaml:4:10: storage: Invalid value: \"object\": 'sizeLimit' must be a quantity\n", err
        code, out, err = folder.run("render", "objects", "a.yaml", "kyma.yaml")
        assert code == 78 and err == "telemetryctl render: images: Kyma's form of objects needs the image of a collector\n", err
        code, out, err = folder.run("render", "unwanted", "a.yaml")
        assert code == 0 and re.findall(r"^kind: (\w+)$", out, re.M)[0] == "VerticalPodAutoscaler", out
        assert folder.run("render", "other", "a.yaml")[0] == 2


@suite.case
def certificates_are_looked_at(track, build):
    with tempfile.TemporaryDirectory() as made:
        at = make_certificates(made)
        texts = {name: json.dumps(open(at(name), encoding="ascii").read()) for name in ("cert.pem", "key.pem", "ca.key", "ca.pem")}
    good = pipeline("a") + ("      tls: {cert: {value: %(cert.pem)s}, key: {value: %(key.pem)s}, ca: {value: %(ca.pem)s}}\n" % texts)
    folder = Folder(build, good=good, wrong=good.replace(texts["key.pem"], texts["ca.key"]))
    with folder:
        code, _, err = folder.run("validate", "good.yaml")
        assert code == 0 and re.fullmatch(r"good.yaml:9:12: warning: spec.output.otlp.tls: TLS certificate is about to expire, .*\n", err), err
        code, _, err = folder.run("validate", "wrong.yaml")
        assert code == 78 and "wrong.yaml:9:12: spec.output.otlp.tls: certificate and private key do not match\n" in err, err


@suite.case
def explain_shows_what_a_configuration_says_and_who_runs_it(track, build):
    folder = Folder(build, c=CONFIG)
    with folder:
        code, out, err = folder.run("explain", "c.yaml")
        assert code == 0 and err == "", err
        assert "receiver otlp/idle: receives OTLP over gRPC and HTTP\n    c.yaml:3:3: unused: no pipeline names it\n" in out, out
        assert "    c.yaml:5:82: sending_queue::queue_size is 7, by default 1000\n" in out and "secret" not in out, out
        assert folder.run("explain", "otlp_grpc", "c.yaml")[1].count("exporter") == 1
        assert set(json.loads(folder.run("explain", "--format=json", "c.yaml")[1])) == {"configuration"}


@suite.case
def explain_says_so_when_there_is_nothing_to_say(track, build):
    folder = Folder(build, a=pipeline("a"), wrong=pipeline("a", "{}"))
    with folder:
        code, out, err = folder.run("explain", "nobody", "a.yaml")
        assert (code, out) == (1, "") and "'nobody'" in err, err
        code, out, err = folder.run("explain", "wrong.yaml")
        assert (code, out) == (78, "") and err.startswith("wrong.yaml:"), err
        code, out, err = folder.run("explain", "nowhere.yaml")
        assert code == 78 and "nowhere.yaml" in err, err
        assert folder.run("explain")[0] == 2
        for command in ("validate", "explain"):
            code, out, _ = folder.run(command, "--help")
            assert code == 0 and out.startswith("Usage: telemetryctl " + command) and "tracker" in out.splitlines()[-1], out


if __name__ == "__main__":
    environment(sys.argv[1])
    sys.exit(suite.run(sys.argv[1]))
