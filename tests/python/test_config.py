# SPDX-License-Identifier: Apache-2.0
"""Configurations with their findings, and graphs that run without their world."""
import json
import os
import tempfile
import unittest

import telemetry as t
from support import many

GOOD = """receivers: {otlp: {protocols: {grpc: {endpoint: "${env:HOST}:4317"}}}}
exporters: {nop: , nop/b: , debug: }
connectors: {forward: }
service:
  pipelines:
    metrics: {receivers: [otlp], exporters: [nop, forward]}
    metrics/b: {receivers: [forward], exporters: [nop/b, debug]}
"""


class Config(unittest.TestCase):
    def test_files_are_merged_and_printed(self):
        with tempfile.TemporaryDirectory() as folder:
            first, second = os.path.join(folder, "a.yaml"), os.path.join(folder, "b.yaml")
            with open(first, "w", encoding="utf-8") as stream:
                stream.write(GOOD)
            with open(second, "w", encoding="utf-8") as stream:
                stream.write("exporters: {debug: {verbosity: detailed}}\n")
            config = t.Config.load(first, second, environment={"HOST": "127.0.0.1"},
                                   settings=["receivers.otlp.protocols.grpc.max_recv_msg_size_mib=7"])
        text = config.to_yaml()
        for part in ("127.0.0.1:4317", "verbosity: detailed", "max_recv_msg_size_mib: 7"):
            self.assertIn(part, text)
        self.assertEqual(config.warnings, [])

    def test_all_errors_are_told_with_their_places(self):
        with self.assertRaises(t.ConfigError) as caught:
            t.Config.parse(GOOD.replace("debug: }", "debug: {x: 1}}").replace("forward: }", "forwad: }"), "gate.yaml",
                           environment={"HOST": "h"})
        error = caught.exception
        self.assertGreaterEqual(len(error.findings), 2)
        self.assertEqual((error.source, error.line), ("gate.yaml", 2))
        self.assertGreater(error.column, 0)
        self.assertIn("gate.yaml:2:", str(error))
        self.assertIn("gate.yaml:3:", str(error))
        self.assertIn("forward", "".join(f.hint for f in error.findings))
        self.assertTrue(all(f.is_error for f in error.findings))
        self.assertIsInstance(error, ValueError)

    def test_missing_variables_warn_or_fail(self):
        warned = t.Config.parse(GOOD, environment={})
        self.assertEqual([(w.is_error, w.line) for w in warned.warnings], [(False, 1)])
        with self.assertRaises(t.ConfigError):
            t.Config.parse(GOOD, environment={}, strict_environment=True)

    def test_lookups_may_be_a_function_whose_exceptions_come_back(self):
        asked = []

        def lookup(scheme, name):
            asked.append((scheme, name))
            return "here" if scheme == "env" else None

        self.assertIn("here:4317", t.Config.parse(GOOD, environment=lookup).to_yaml())
        self.assertEqual(set(asked), {("env", "HOST")})

        def broken(scheme, name):
            raise KeyError(name)

        with self.assertRaises(KeyError):
            t.Config.parse(GOOD, environment=broken)

    def test_files_are_read_by_the_scheme_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as stream:
            stream.write("from.file")
            stream.flush()
            self.assertIn("from.file:4317", t.Config.parse(GOOD.replace("env:HOST", "file:" + stream.name)).to_yaml())
        with self.assertRaises(t.ConfigError):
            t.Config.parse(GOOD.replace("env:HOST", "file:/nonexistent/file"))

    def test_other_signals_are_left_out_on_request(self):
        text = GOOD + "    traces: {receivers: [otlp], exporters: [nop]}\n"
        with self.assertRaises(t.ConfigError):
            t.Config.parse(text, environment={"HOST": "h"})
        config = t.Config.parse(text, environment={"HOST": "h"}, ignore_other_signals=True)
        self.assertIn("traces", str(config.warnings[0]))

    def test_a_shape_needs_no_components(self):
        text = "receivers: {unheard_of: }\nexporters: {of: }\nprocessors: {batch: }\n" \
               "service: {pipelines: {metrics: {receivers: [unheard_of], exporters: [of], processors: []}}}"
        config = t.Config.parse(text, shape_only=True)
        self.assertEqual(t.Graph(config).run(many(2), "unheard_of").points(), {"of": 2})
        with self.assertRaisesRegex(t.TelemetryError, "without components"):
            t.Graph(t.Config.parse(text.replace("[]", "[batch]"), shape_only=True))

    def test_components_are_listed(self):
        found = {(c.kind, c.type): c for c in t.components()}
        self.assertTrue(found["exporter", "otlp_http"].runs)
        self.assertIn(("processor", "batch"), found)
        self.assertGreater(len(found["receiver", "otlp"].help), 5)

    def test_bad_settings_and_no_sources_are_refused(self):
        with self.assertRaises(t.ArgumentError):
            t.Config.parse(GOOD, settings=["nothing"])
        with self.assertRaises(t.ArgumentError):
            t.Config.load()
        with self.assertRaises(FileNotFoundError):
            t.Config.load("/nonexistent/file")


class Processors(unittest.TestCase):
    TEXT = """receivers: {otlp: {protocols: {grpc: }}}
exporters: {nop: }
processors:
  k8s_attributes: {extract: {metadata: [k8s.pod.name]}}
  attributes: {actions: [{key: k, value: 1, action: upsert}]}
  cumulativetodelta: {initial_value: drop}
  resource: {attributes: [{key: k8s.pod.name, action: hash}]}
service:
  pipelines:
    metrics: {receivers: [otlp], processors: [k8s_attributes, attributes, cumulativetodelta], exporters: [nop]}
"""
    PODS = """{"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "p", "uid": "u"}, "status": {"podIP": "10.0.0.1"}}]}"""

    def counter(self, value):
        point = {"asInt": str(value), "timeUnixNano": str(value)}
        metric = {"name": "c", "sum": {"isMonotonic": True, "aggregationTemporality": 2, "dataPoints": [point]}}
        return t.Metrics.from_json(json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}))

    def test_bytes_go_through_the_processors(self):
        with t.Graph(t.Config.parse(self.TEXT), kube=[self.PODS]) as graph:
            graph.run(self.counter(10), peer="10.0.0.1:99").commit()
            plan = graph.run(self.counter(15), "metrics", peer="10.0.0.1:99")
            document = json.loads(plan["nop"].to_json())
        resource = document["resourceMetrics"][0]
        self.assertEqual(resource["resource"]["attributes"], [{"key": "k8s.pod.name", "value": {"stringValue": "p"}}])
        point = resource["scopeMetrics"][0]["metrics"][0]["sum"]["dataPoints"][0]
        self.assertEqual((point["asInt"], point["attributes"][0]["key"]), ("5", "k"))

    def test_what_hashes_needs_the_other_library(self):
        text = self.TEXT.replace("[k8s_attributes, attributes, cumulativetodelta]", "[k8s_attributes, resource]")
        with self.assertRaisesRegex(t.TelemetryError, "SHA-256"):
            t.Graph(t.Config.parse(text))
        with t.Graph(t.Config.parse(text), kube=[self.PODS], hashes=True) as graph:
            batch = graph.run(self.counter(1), peer="10.0.0.1")["nop"]
        self.assertIn("148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940", batch.to_json())
        with self.assertRaises(t.MalformedError):
            t.Graph(t.Config.parse(self.TEXT), kube=["[]"])


class Graph(unittest.TestCase):
    def setUp(self):
        self.config = t.Config.parse(GOOD, environment={"HOST": "h"})
        self.graph = t.Graph(self.config)

    def test_every_exporter_gets_its_share(self):
        batch = many(5)
        plan = self.graph.run(batch)
        self.assertEqual(self.graph.exporters, ["nop", "nop/b", "debug"])
        self.assertEqual(plan.outcome, t.PlanOutcome.OK)
        self.assertEqual([(s.exporter, s.pipeline, s.points) for s in plan],
                         [("nop", "metrics", 5), ("nop/b", "metrics/b", 5), ("debug", "metrics/b", 5)])
        self.assertEqual(plan.points(), {"nop": 5, "nop/b": 5, "debug": 5})
        self.assertEqual(plan["debug"], batch)
        self.assertEqual(len(batch), 5)
        with self.assertRaises(KeyError):
            plan["none"]

    def test_shares_outlive_graph_and_configuration(self):
        self.config.close()
        plan = self.graph.run(many(3))
        plan.commit()
        plan.commit()
        self.graph.close()
        self.assertEqual(len(plan["nop"]), 3)
        with self.assertRaises(t.ClosedError):
            self.graph.run(many(1))
        with self.assertRaises(t.ClosedError):
            plan.commit()
        with self.assertRaises(t.ClosedError):
            t.Graph(self.config)

    def test_an_old_plan_cannot_be_committed(self):
        plan = self.graph.run(many(1))
        self.graph.run(many(1))
        with self.assertRaises(t.StateError):
            plan.commit()

    def test_unknown_receivers_are_told(self):
        with self.assertRaisesRegex(t.NotFoundError, "nobody"):
            self.graph.run(many(1), "nobody")

    def test_an_empty_batch_is_filtered(self):
        plan = self.graph.run(t.Metrics.decode(b""))
        self.assertEqual((plan.outcome, len(plan)), (t.PlanOutcome.FILTERED, 0))
