# SPDX-License-Identifier: Apache-2.0
"""Pipelines: read, checked, rendered, explained; with the core library alone."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import telemetry as t

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEAD = "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\n"
GOOD = HEAD + """metadata: {name: a}
spec:
  input: {runtime: {enabled: true}, otlp: {enabled: false}}
  output: {otlp: {endpoint: {value: "https://backend:4317"}}}
"""
BAD = GOOD.replace("https://backend:4317", "backend").replace("spec:\n", "spec:\n  filter: [{conditions: ['metric.nam == 1']}]\n")


class Pipelines(unittest.TestCase):
    def test_texts_names_and_paths_are_sources(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "b.yaml")
            path.write_text(GOOD.replace("name: a", "name: b"), encoding="utf-8")
            both = t.parse_pipelines(("a.yaml", GOOD), path)
            self.assertEqual(t.Pipelines.load(str(path)).names, ["b"])
        self.assertEqual((both.names, len(both), list(both), both.warnings), (["a", "b"], 2, ["a", "b"], []))
        self.assertEqual(t.parse_pipelines(GOOD.encode()).names, ["a"])
        self.assertRaises(ValueError, t.parse_pipelines)
        self.assertRaises(OSError, t.Pipelines.load, "/nowhere")

    def test_every_finding_is_an_object_with_its_place(self):
        found = t.validate(("bad.yaml", BAD))
        self.assertEqual([(f.is_error, f.source, f.path) for f in found],
                         [(True, "bad.yaml", "spec.output.otlp.endpoint"), (True, "bad.yaml", "spec.filter[0].conditions[0]")])
        self.assertEqual([f.line for f in found], [7, 5])
        self.assertEqual(t.validate(GOOD), [])
        with self.assertRaises(t.ConfigError) as caught:
            t.parse_pipelines(("c.yaml", GOOD.replace("enabled: true", "enabled: 7")))
        self.assertEqual((caught.exception.source, caught.exception.line), ("c.yaml", 5))
        self.assertEqual([f.line for f in t.validate(GOOD.replace("enabled: true", "enabled: 7"))], [5])
        self.assertRaises(t.ConfigError, t.render, BAD)

    def test_unknown_fields_warn_or_fail(self):
        text = GOOD + "  nonsense: 1\n"
        self.assertEqual([f.is_error for f in t.parse_pipelines(text).warnings], [False])
        self.assertRaises(t.ConfigError, t.parse_pipelines, text, strict=True)

    def test_configurations_are_rendered_whatever_the_order(self):
        other = GOOD.replace("name: a", "name: b")
        self.assertEqual(t.render(GOOD, other), t.render(other, GOOD))
        self.assertIn("\n    kubeletstats:\n", t.render(GOOD, target="agent"))
        self.assertIn("collection_interval: 5s", t.render(GOOD, target="agent", facts=t.RenderFacts(runtime_interval=5)))
        self.assertIn('"here"', t.render(GOOD, facts=t.RenderFacts(cluster_name="here")))
        self.assertRaises(ValueError, t.render, GOOD, target="nobody")
        self.assertRaises(ValueError, t.render, GOOD, facts=t.RenderFacts(runtime_interval=-1.0))

    def test_the_field_that_asked_is_told(self):
        explanation = t.explain(("a.yaml", GOOD), ("b.yaml", GOOD.replace("name: a", "name: b")), target="agent")
        kubelet = explanation["kubeletstats"]
        self.assertEqual((kubelet.kind, kubelet.pipelines), ("receiver", ("metrics/input-runtime",)))
        self.assertEqual([(r.kind, r.resource, r.field, r.value, r.source, r.line, r.written) for r in kubelet.reasons],
                         [(t.ReasonKind.ASKED, "MetricPipeline/" + n, "spec.input.runtime.enabled", "true", n + ".yaml", 5, True) for n in "ab"])
        self.assertIn("MetricPipeline b: spec.input.runtime.enabled is true", explanation.print("k8s_cluster"))
        self.assertTrue(explanation.print(json=True).startswith("["))
        self.assertEqual(str(explanation), explanation.print())
        self.assertRaises(t.NotFoundError, explanation.print, "nobody")
        self.assertRaises(KeyError, lambda: explanation["nobody"])

    def test_what_was_closed_says_so(self):
        pipelines = t.parse_pipelines(GOOD)
        explanation = pipelines.explain()
        pipelines.close()
        self.assertRaises(t.ClosedError, pipelines.render)
        self.assertTrue(explanation.components)
        explanation.close()
        self.assertRaises(t.ClosedError, explanation.print)

    def test_loaded_configurations_explain_themselves(self):
        config = t.Config.parse("receivers: {otlp: {protocols: {grpc: }}, otlp/idle: {protocols: {grpc: }}}\nexporters: {nop: }\n"
                                "processors: {batch: {timeout: 7s}}\nservice: {pipelines: {metrics: {receivers: [otlp], processors: [batch], "
                                "exporters: [nop]}}}\n", "gate.yaml")
        explanation = config.explain()
        self.assertEqual(explanation["otlp/idle"].pipelines, ())
        reason, = explanation["batch"].reasons
        self.assertEqual((reason.field, reason.value, reason.default, reason.line), ("timeout", "7s", "200ms", 3))


class Example(unittest.TestCase):
    def run_example(self, *files):
        environment = {**os.environ, "PYTHONPATH": os.path.join(TOP, "bindings", "python")}
        return subprocess.run([sys.executable, os.path.join(TOP, "doc", "examples", "render.py"), *files], env=environment,
                              capture_output=True, text=True, timeout=60)

    def test_the_example_renders_a_file_or_says_what_is_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("good", GOOD), ("bad", BAD), ("broken", "kind: MetricPipeline")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
                    stream.write(text)
            good, bad, broken = (self.run_example(os.path.join(folder, name)) for name in ("good", "bad", "broken"))
        self.assertEqual((good.returncode, good.stderr, good.stdout), (0, "", t.render(GOOD)))
        self.assertEqual((bad.returncode, bad.stdout), (1, ""))
        self.assertIn("bad:7:", bad.stderr)
        self.assertEqual(broken.returncode, 1)

    def test_the_core_library_is_enough(self):
        core = t.libraries()["libtelemetry"]
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.path.abspath(core), os.path.join(folder, os.path.basename(core)))
            script = "import telemetry; print(len(telemetry.render(%r)), len(telemetry.explain(%r).components))" % (GOOD, GOOD)
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "TELEMETRY_LIBRARY": folder, "PYTHONPATH": os.path.join(TOP, "bindings", "python")})
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
