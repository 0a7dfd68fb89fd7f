#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our resources before a real API server: it takes the definitions, says what our findings say of odd resources, takes
daemons/deploy, and lets the manager's account apply and delete what is rendered.   resources.py BUILDDIR
Needs a cluster that may be changed at will: CLUSTER_DIR is its folder and KUBECONFIG a file in it."""
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
from harness import Suite, unittest_skip  # noqa: E402

DEPLOY = os.path.join(HERE, "..", "..", "daemons", "deploy")
ACCOUNT = "system:serviceaccount:kyma-system:telemetry-manager"
# What the schema says; the rest of our findings is the manager's business.
OF_SCHEMA = re.compile(r"Invalid value|Required value|Unsupported value|Too long")
suite = Suite()


def kubectl(*args, text=None, check=True):
    done = subprocess.run(["kubectl", *args], input=text, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr[-2000:]
    return done


# ---- odd resources ----

def pipeline(spec, version="v1beta1"):
    return {"apiVersion": "telemetry.kyma-project.io/" + version, "kind": "MetricPipeline", "metadata": {"name": "p"}, "spec": spec}


def output(version="v1beta1", **otlp):
    return pipeline({"output": {"otlp": {"endpoint": {"value": "https://b:1"}, "protocol": "grpc", **otlp}}}, version)


def inputs(**parts):
    return pipeline({"input": parts, **output()["spec"]})


def telemetry(spec, version="v1beta1"):
    return {"apiVersion": "operator.kyma-project.io/" + version, "kind": "Telemetry",
            "metadata": {"name": "default", "namespace": "default"}, "spec": spec}


def reference(**parts):
    return {"valueFrom": {"secretKeyRef": {"name": "n", "namespace": "ns", "key": "k", **parts}}}


def oauth2(**parts):
    return {"authentication": {"oauth2": {"tokenURL": {"value": "https://t"}, "clientID": {"value": "i"},
                                          "clientSecret": {"value": "s"}, **parts}}}


def scaling(**parts):
    return telemetry({"metric": {"gateway": {"scaling": parts}}})


def odd():
    yield from (output(), pipeline({}), pipeline({"output": {}}), pipeline({"output": {"otlp": []}}), pipeline("x"),
                pipeline({"output": {"otlp": {"protocol": "grpc"}}}))
    # words
    yield from (output(protocol=value) for value in ("carrier-pigeon", "", 5, True, 1.5, None))
    yield from (output(compression=value) for value in ("lz4", "none", "zstd", None))
    # types
    yield from (output(tls={"insecure": "yes"}), output(headers={}), output(headers=[None]), output(path=1))
    yield from (pipeline({**output()["spec"], "filter": value}) for value in ("x", ["x"], [{"conditions": [1, True, None]}], [None]))
    yield inputs(otlp={"enabled": None})
    yield inputs(otlp={"enabled": "x"}, istio=[], prometheus=None)
    # texts
    yield inputs(otlp={"namespaces": {"include": ["a" * 70, "A" * 70, "aa-", "-aa", "#", "/", "\u00f6\u00f6", "ok", ""]}})
    yield output(endpoint=reference(key="", name="", namespace=""))
    yield output(endpoint={"valueFrom": {"secretKeyRef": {}}})
    yield output(endpoint={"valueFrom": {}})
    # rules
    yield inputs(runtime={"namespaces": {"include": [], "exclude": []}})
    yield output(endpoint={"value": "x", **reference()})
    yield from (output(endpoint=value) for value in ({}, {"value": None}, {"valueFrom": None}, {"value": ""}))
    yield from (output(path="/x"), output(path="/x", protocol="http"), output(path="", protocol="grpc"))
    yield from (output(tls={"cert": {"value": "x"}}), output(tls={"key": {"value": "x"}}))
    yield output(authentication={"basic": {"user": {"value": "a"}, "password": {"value": "b"}}, **oauth2()["authentication"]})
    yield output(authentication={"basic": {"user": {"value": "a"}}})
    yield from (output(**oauth2(tokenURL=value)) for value in ({}, reference(), {"value": ""}))
    for url in ("../not-a-url", "x", "/path", "mailto:a@b", "https:", "a:b", "http://", "*", "//host/x", "x y", "http://[::1",
                "http://a%zz", "?x", "#f", "1http://x", "http://user:pw@h/", "http://h:99999999", "http://h:-1", "http://\u00f6/"):
        yield output(**oauth2(tokenURL={"value": url}))
    yield from (output(tls={"insecure": True}, **oauth2()), output(protocol="http", tls={"insecure": True}, **oauth2()))
    yield output(headers=[{"value": "x"}, {"name": "", "value": "x"}, {"name": "a"}, {"name": "b", "value": "x", **reference()}])
    yield output(**oauth2(scopes=[1], params={"a": 1}))
    yield output(**oauth2(scopes=None, params={"a": None}))
    # v1alpha1
    for value in ({}, {"value": ""}, reference(), {"value": "", **reference()}):
        yield output("v1alpha1", endpoint=value, **oauth2(tokenURL=value, clientID=value, clientSecret=value))
    yield output("v1alpha1", endpoint={"value": "x", **reference()}, tls={"cert": {"value": "x"}})
    # Telemetry
    yield from (telemetry({}), telemetry({}, "v1alpha1"), scaling(type="Dynamic"), scaling(type=7), scaling(static={"replicas": "3"}))
    yield from (scaling(static={"replicas": value}) for value in (0, -3, 2.0, 1e3, 0.5, 1.5, 1e30, 2 ** 64 - 1, None))
    for value in ("0s", "-1s", "soon", "", "1h", "1d", "1 day", "90 seconds", "2w", "1h 30min", "5 foo", "1.5d", "0 d", "5", "1 M", "3months",
                  "4 Hours!", "7\u00b5s", "7\u03bcs", "99999999999999999999d", "+5m", ".5m", "0", 5, 1.5, True, {}, None):
        yield telemetry({"metric": {"collectionInterval": value}})
        yield telemetry({"metric": {"runtime": {"collectionInterval": value}}})
    yield telemetry({"enrichments": {"extractPodLabels": [{}, {"key": "a", "keyPrefix": "b"}, {"key": "a"}, {"key": ""}]}})
    yield telemetry({"log": {"gateway": {"scaling": {"type": "X"}}}})


class Server:
    """The API server, asked directly: kubectl does not show causes."""

    def __init__(self):
        view = json.loads(kubectl("config", "view", "--raw", "--flatten", "-o", "json").stdout)
        context = next(c["context"] for c in view["contexts"] if c["name"] == view["current-context"])
        cluster = next(c["cluster"] for c in view["clusters"] if c["name"] == context["cluster"])
        user = next(u["user"] for u in view["users"] if u["name"] == context["user"])
        self.url = cluster["server"]
        self.tls = ssl.create_default_context(cadata=self.decode(cluster["certificate-authority-data"]))
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pem:
            pem.write(self.decode(user["client-certificate-data"]) + self.decode(user["client-key-data"]))
            pem.flush()
            self.tls.load_cert_chain(pem.name)

    @staticmethod
    def decode(text):
        import base64
        return base64.b64decode(text).decode()

    def causes(self, document):
        """What it says against a resource, "path: message" each."""
        where = "metricpipelines" if document["kind"] == "MetricPipeline" else "namespaces/default/telemetries"
        request = urllib.request.Request(f"{self.url}/apis/{document['apiVersion']}/{where}?dryRun=All&fieldValidation=Strict",
                                         json.dumps(document).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=30):
                return []
        except urllib.error.HTTPError as refused:
            status = json.load(refused)
            return sorted(f"{cause['field']}: {cause['message']}" for cause in status["details"]["causes"]
                          if "some validation rules were not checked" not in cause["message"])


def findings(build, document):
    done = subprocess.run([os.path.join(build, "telemetryctl"), "validate", "--strict", "--format=json", "-"],
                          input=json.dumps(document), capture_output=True, text=True, timeout=60)
    return sorted(f"{f['path']}: {f['message']}" for f in json.loads(done.stdout)
                  if f["level"] == "error" and OF_SCHEMA.match(f["message"]))


@suite.case
def definitions_are_taken_and_findings_are_the_API_servers_words(_children, build):
    text = subprocess.run([os.path.join(build, "telemetryctl"), "manifests", "crds"], capture_output=True, text=True).stdout
    # Nobody converts here; the schemas are what is looked at.
    text = re.sub(r"    conversion:\n(        .*\n)+", "    conversion:\n        strategy: None\n", text)
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=text)
    kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd/metricpipelines.telemetry.kyma-project.io",
            "crd/telemetries.operator.kyma-project.io")
    server, differ, count = Server(), [], 0
    for document in odd():
        theirs, ours = server.causes(document), findings(build, document)
        count += 1
        if theirs != ours:
            differ.append(f"{json.dumps(document['spec'])}\n  API server {theirs}\n  ours       {ours}")
    assert not differ, f"{len(differ)} of {count}:\n" + "\n".join(differ)
    return f"{count} resources"


# ---- daemons/deploy ----

@suite.case
def what_is_deployed_lets_the_manager_do_its_work(_children, build):
    kubectl("apply", "--server-side", "--force-conflicts", "-k", DEPLOY)
    text = "\n---\n".join([
        json.dumps(inputs(prometheus={"enabled": True}, istio={"enabled": True}, runtime={"enabled": True})),
        json.dumps({"kind": "RenderFacts", "namespace": "kyma-system"})])
    rendered = subprocess.run([os.path.join(build, "telemetryctl"), "render", "objects", "-"], input=text, capture_output=True,
                              text=True, timeout=60)
    assert rendered.returncode == 0, rendered.stderr
    as_manager = ["--as", ACCOUNT, "-f", "-"]
    apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=telemetry-manager"]
    for _ in range(2):
        done = kubectl(*apply, *as_manager, text=rendered.stdout)
    objects = done.stdout.count("serverside-applied")
    kubectl("delete", *as_manager, text=rendered.stdout)
    may = [verb for verb in ("list", "watch", "create") if kubectl(
        "auth", "can-i", verb, "secrets", "-n", "default", "--as", ACCOUNT, check=False).stdout.strip() == "yes"]
    assert not may, f"the manager may {may} Secrets"
    kubectl("delete", "-k", DEPLOY, "--wait=false")
    return f"{objects} objects applied and deleted by the manager's account"


def main(build):
    folder, config = os.environ.get("CLUSTER_DIR", ""), os.environ.get("KUBECONFIG", "")
    if not folder or not config.startswith(folder + "/"):
        suite.skip("resources", "no cluster of its own: KUBECONFIG is not below CLUSTER_DIR")
        return 0
    if not os.path.exists(os.path.join(build, "telemetryctl")):
        raise unittest_skip("telemetryctl is not built")
    return suite.run(build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
