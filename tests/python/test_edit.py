# SPDX-License-Identifier: Apache-2.0
"""Editing passes: what nodes are told takes effect together, or not at all."""
import unittest

import telemetry as t
from support import many, one_of_each


class Edit(unittest.TestCase):
    def test_attributes_names_and_drops_take_effect_at_the_end(self):
        batch = one_of_each()
        with batch.edit() as same:
            self.assertIs(same, batch)
            first, second = batch.resources()
            first.set_attribute("int", [1, {"two": None}])
            first.set_attribute("new", "küche")
            first.remove_attribute("text")
            first.remove_attribute("not there")
            second.set_attribute("late", True)
            scope, = first.scopes()
            scope.set_attribute("of", 2.5)
            for metric in scope.metrics():
                if metric.name == "gauge":
                    a, b, _ = metric.point_nodes()
                    self.assertEqual(a.point.value, 21.5)
                    a.set_attribute("int", b"raw")
                    b.drop()
                elif metric.name == "counter":
                    metric.rename("renamed")
                    metric.set_unit("By")
                    metric.set_description("said anew")
                else:
                    metric.drop()
            self.assertEqual(len(list(batch.points())), 9)
        first, second = batch.resources()
        self.assertEqual({k: first.attributes[k] for k in ("int", "new")}, {"int": [1, {"two": None}], "new": "küche"})
        self.assertNotIn("text", first.attributes)
        self.assertEqual((first.schema_url, second.attributes), ("https://example.test/r", {"late": True}))
        scope, = first.scopes()
        self.assertEqual(scope.attributes, {"of": 2.5})
        gauge, counter = scope.metrics()
        self.assertEqual((counter.name, counter.unit, counter.description), ("renamed", "By", "said anew"))
        a, c = gauge.points()
        self.assertEqual((a.attributes["int"], c.no_recorded_value), (b"raw", True))
        self.assertEqual(t.Metrics.decode(batch.encode()), batch)

    def test_what_becomes_empty_goes(self):
        batch = one_of_each()
        with batch.edit():
            for metric in batch.metrics():
                for point in metric.point_nodes():
                    point.drop()
        self.assertEqual((batch.counts()[:4], batch.encode()), ((0, 0, 0, 0), b""))
        batch = one_of_each()
        with batch.edit():
            first, second = batch.resources()
            first.drop()
            next(second.scopes()).drop()
        self.assertEqual(batch.encode(), b"")

    def test_a_pass_that_raises_changes_nothing(self):
        batch, before = one_of_each(), one_of_each()
        with self.assertRaises(KeyError):
            with batch.edit():
                for metric in batch.metrics():
                    metric.rename("x")
                raise KeyError
        self.assertIsNone(batch.difference(before))
        with batch.edit():
            next(batch.metrics()).rename("y")
        self.assertEqual(next(batch.metrics()).name, "y")

    def test_other_handles_do_not_see_it(self):
        batch = one_of_each()
        other = batch.share()
        with batch.edit():
            next(batch.resources()).drop()
        self.assertEqual((len(batch), len(other)), (1, 9))

    def test_nodes_are_edited_inside_of_a_pass_only(self):
        batch = one_of_each()
        resource = next(batch.resources())
        with self.assertRaisesRegex(t.StateError, "inside"):
            resource.set_attribute("a", 1)
        with batch.edit():
            resource.set_attribute("a", 1)
            for call in (batch.encode, batch.share, batch.compact, lambda: batch.split(1), lambda: batch.merge(many(1)),
                         lambda: many(1).merge(batch), lambda: next(batch.batches(1))):
                with self.assertRaisesRegex(t.StateError, "being edited"):
                    call()
        with self.assertRaisesRegex(t.StateError, "changed"):
            resource.set_attribute("b", 1)
        with self.assertRaises(t.StateError):
            with batch.edit(), batch.edit():
                pass

    def test_what_cannot_be_is_refused_and_the_pass_goes_on(self):
        batch = many(2)
        with batch.edit():
            metric = next(batch.metrics())
            with self.assertRaises(t.ArgumentError):
                metric.rename("")
            with self.assertRaises(UnicodeEncodeError):
                metric.rename("\ud800")
            with self.assertRaises(TypeError):
                next(metric.point_nodes()).set_attribute("k", object())
            metric.rename("fine")
        self.assertEqual([m.name for m in batch.metrics()], ["fine"])

    def test_closing_inside_of_a_pass_is_told(self):
        batch = many(2)
        with self.assertRaises(t.ClosedError):
            with batch.edit():
                batch.close()
        self.assertTrue(batch.closed)
