# SPDX-License-Identifier: Apache-2.0
"""Batches: bytes and text, walking, columns, cutting and joining."""
import array
import glob
import json
import math
import os
import pickle
import random
import struct
import unittest

import telemetry as t
from support import SHARED, many, one_of_each
from telemetry import columns as columns_module


class Codec(unittest.TestCase):
    def test_bytes_come_out_as_they_went_in(self):
        data = one_of_each().encode()
        batch = t.Metrics.decode(data)
        self.assertEqual(batch.encode(), data)
        self.assertEqual(t.Metrics.decode(bytearray(data)), batch)
        self.assertEqual(t.Metrics.decode(memoryview(data)), batch)
        self.assertEqual(pickle.loads(pickle.dumps(batch)), batch)

    def test_json_holds_everything(self):
        batch = one_of_each()
        text = batch.to_json()
        self.assertEqual(len(json.loads(text)["resourceMetrics"]), 2)
        self.assertIsNone(t.Metrics.from_json(text).difference(batch))
        self.assertEqual(t.Metrics.from_json(text.encode()), batch)
        self.assertEqual(t.Metrics.from_json("{}").encode(), b"")

    def test_counts_and_texts(self):
        batch = one_of_each()
        counts = batch.counts()
        self.assertEqual((counts.resources, counts.scopes, counts.metrics, counts.points), (2, 2, 6, 9))
        self.assertEqual(counts.live_bytes, len(batch.encode()))
        self.assertEqual(len(batch), 9)
        self.assertEqual(batch.format("basic"), "resources 2, scopes 2, metrics 6, points 9\n")
        self.assertIn("histogram", batch.format("detailed"))
        with self.assertRaisesRegex(ValueError, "unknown form 'xml'"):
            batch.format("xml")

    def test_damage_is_told_with_its_place(self):
        with self.assertRaises(t.MalformedError) as caught:
            t.Metrics.decode(one_of_each().encode()[:-1])
        self.assertEqual(caught.exception.code, t.Code.TEL_ERR_MALFORMED)
        self.assertGreater(caught.exception.offset, 0)
        self.assertIsInstance(caught.exception, ValueError)
        with self.assertRaises(t.MalformedError) as caught:
            t.Metrics.from_json('{\n "resourceMetrics": [}')
        self.assertEqual((caught.exception.line, caught.exception.column), (2, 22))
        self.assertIn("line 2, column 22", str(caught.exception))

    def test_text_that_is_not_utf8_is_cut_out_or_forwarded(self):
        data = t.Builder().gauge("good").point(1).gauge("baad").point(2).point(3).finish().encode().replace(b"baad", b"b\xffd!")
        batch = t.Metrics.decode(data)
        self.assertEqual([m.name for m in batch.metrics()], ["good"])
        self.assertEqual((batch.report.rejected_points, batch.report.rejected_nodes), (2, 1))
        self.assertIn("UTF-8", batch.report.message)
        forwarded = t.Metrics.decode(data, forward_bad_utf8=True)
        name = [m.name for m in forwarded.metrics()][1]
        self.assertEqual(name.encode("utf-8", "surrogateescape"), b"b\xffd!")
        self.assertEqual(forwarded.encode(), data)

    def test_limits_hold(self):
        with self.assertRaises(t.LimitError):
            t.Metrics.decode(many(100).encode() * 100, max_bytes=1024)
        with self.assertRaises(OverflowError):
            t.Metrics.decode(b"", max_bytes=-1)

    def test_a_budget_is_charged_until_the_batch_goes(self):
        data, budget = many(1000).encode(), t.Budget(100000)
        batch = t.Metrics.decode(data, budget=budget)
        state = budget.state()
        self.assertGreater(state.reserved_bytes, 0)
        self.assertEqual((state.limit_bytes, state.refused), (100000, 0))
        batch.close()
        self.assertEqual(budget.state().reserved_bytes, 0)
        with self.assertRaises(t.NoMemoryError) as caught:
            t.Metrics.from_json(many(5000).to_json(), budget=budget)
        self.assertIsInstance(caught.exception, MemoryError)
        self.assertEqual((budget.state().reserved_bytes, budget.state().refused), (0, 1))
        kept = t.Metrics.decode(data, budget=budget)
        budget.close()
        self.assertEqual(len(kept), 1000)
        with self.assertRaises(t.ClosedError):
            t.Metrics.decode(data, budget=budget)

    def test_strict_json_refuses_what_the_collector_takes(self):
        text = '{"resource_metrics":[]}'
        self.assertEqual(len(t.Metrics.from_json(text)), 0)
        with self.assertRaises(t.MalformedError):
            t.Metrics.from_json(text, strict=True)

    def test_random_bytes_are_refused_or_read(self):
        seed = random.Random(4)
        good = one_of_each().encode()
        text = one_of_each().to_json()
        read = refused = 0
        for turn in range(4000):
            data = bytearray(good) if turn % 2 else bytearray(seed.randbytes(seed.randrange(60)))
            for _ in range(seed.randrange(1, 4)):
                if data:
                    data[seed.randrange(len(data))] = seed.randrange(256)
            try:
                batch = t.Metrics.decode(bytes(data))
            except (t.MalformedError, t.LimitError) as error:
                self.assertLessEqual(error.offset, len(data))
                refused += 1
                continue
            read += 1
            points = list(batch.points())
            self.assertEqual(len(points), len(batch))
            self.assertEqual(len(batch.columns()), len(batch))
            self.assertEqual(t.Metrics.decode(batch.encode()), batch)
            repr(points)
        self.assertGreater(min(read, refused), 500)
        for turn in range(1000):
            at = seed.randrange(len(text))
            changed = text[:at] + chr(seed.randrange(32, 127)) + text[at + 1:]
            try:
                list(t.Metrics.from_json(changed).points())
            except (t.MalformedError, t.LimitError) as error:
                self.assertEqual(error.line, 1)

    def test_the_conformance_set_reads_as_expected(self):
        found = sorted(glob.glob(os.path.join(SHARED, "conformance/otlp/*.bin")))
        if not found:
            self.skipTest("the conformance set is not there")
        for path in found:
            with self.subTest(path=os.path.basename(path)), open(path, "rb") as stream, \
                    open(path[:-4] + ".expected.json", encoding="utf-8") as expected:
                data = stream.read()
                batch = t.Metrics.decode(data)
                self.assertEqual(json.loads(batch.to_json(), parse_int=float), json.load(expected, parse_int=float))
                self.assertEqual(batch.encode(), data)
                self.assertEqual(len(batch.columns()), len(list(batch.points())))


class Walk(unittest.TestCase):
    def test_every_field_can_be_read(self):
        first, second = one_of_each().resources()
        self.assertEqual(first.attributes, {
            "text": "küche\n", "no": False, "yes": True, "int": -2**63, "double": -0.0, "bytes": b"\0\xff", "none": None,
            "list": [1, "two", [None, {"deep": 3}]], "map": {"inner": True, "": []}})
        self.assertIs(first.attributes["no"], False)
        self.assertEqual((first.schema_url, first.dropped_attributes, second.attributes), ("https://example.test/r", 3, {}))
        scope, = first.scopes()
        self.assertEqual((scope.name, scope.version, scope.attributes, scope.schema_url, scope.dropped_attributes),
                         ("scope", "1.0", {"of": "scope"}, "https://example.test/s", 4))
        gauge, counter, updown, histogram, exponential = scope.metrics()
        self.assertEqual((gauge.name, gauge.unit, gauge.description, gauge.type, len(gauge)),
                         ("gauge", "Cel", "a gauge", t.MetricType.GAUGE, 3))
        self.assertEqual((counter.monotonic, counter.temporality), (True, t.Temporality.CUMULATIVE))
        self.assertEqual((updown.monotonic, updown.temporality), (False, t.Temporality.DELTA))
        a, b, c = gauge.points()
        self.assertEqual((a.value, a.start_unix_ns, a.time_unix_ns, b.value, b.flags), (21.5, 5, 6, -2**63, 2))
        self.assertEqual((c.value, c.no_recorded_value, c.attributes), (None, True, {"gone": 1}))
        one, = counter.points()
        self.assertEqual(one.value, 2**63 - 1)
        self.assertEqual(one.exemplars, (t.Exemplar(3, 7, b"0123456789abcdef", b"01234567", {"who": "me"}), t.Exemplar(1.5)))
        full, empty = histogram.points()
        self.assertEqual((full.count, full.sum, full.min, full.max, full.bounds, full.bucket_counts),
                         (2**40, 1.5, -1.0, 9.0, (0.5, 1.0, 10.0), (1, 0, 300, 2**40)))
        self.assertEqual((empty.sum, empty.bounds, empty.bucket_counts), (None, (), ()))
        e, = exponential.points()
        self.assertEqual((e.scale, e.zero_count, e.zero_threshold, e.positive, e.negative, e.sum, e.max),
                         (-3, 2, 0.25, t.Buckets(-4, (1, 2)), t.Buckets(2**31 - 1, (2,)), None, 8.0))
        summary, = next(second.scopes()).metrics()
        s, = summary.points()
        self.assertEqual((s.count, s.sum, s.quantiles, s.attributes), (9, 3.5, ((0.5, 1.0), (0.99, 3.0)), {"b": 2}))

    def test_entities_of_a_resource(self):
        batch = t.Metrics.from_json('{"resourceMetrics":[{"resource":{"entityRefs":[{"schemaUrl":"u","type":"service",'
                                    '"idKeys":["a","b"],"descriptionKeys":["c"]}]}}]}')
        resource, = batch
        self.assertEqual(resource.entities, [t.Entity("service", ("a", "b"), ("c",), "u")])

    def test_points_come_with_what_they_belong_to(self):
        points = list(one_of_each().points())
        self.assertEqual([p.metric.name for p in points][::4], ["gauge", "updown", "summary"])
        self.assertEqual((points[0].scope.name, points[0].resource.attributes["yes"]), ("scope", True))

    def test_nodes_keep_their_batch_alive(self):
        metric = next(next(next(iter(one_of_each())).scopes()).metrics())
        self.assertEqual(len(list(metric.points())), 3)

    def test_a_changed_batch_is_noticed(self):
        for change in (lambda b: b.split(1), lambda b: b.merge(many(1)), lambda b: many(1).merge(b), lambda b: b.compact(),
                       lambda b: b.close()):
            batch = one_of_each()
            resource = next(batch.resources())
            walk = batch.points()
            next(walk)
            change(batch)
            with self.assertRaises(t.StateError):
                list(resource.scopes())
            with self.assertRaises(t.StateError):
                next(walk)


class Columns(unittest.TestCase):
    def test_columns_are_what_the_walk_reads(self):
        batch = one_of_each()
        c, points = batch.columns(), list(batch.points())
        self.assertEqual(c.strings("metric_name"), [m.name for m in batch.metrics()])
        self.assertEqual(c.strings("metric_unit")[:2], ["Cel", "1"])
        self.assertEqual(c["metric_type"].tolist(), [int(m.type) for m in batch.metrics()])
        self.assertEqual(c.point_time.tolist(), [p.point.time_unix_ns for p in points])
        self.assertEqual(c.metric_first_point.tolist(), [0, 3, 4, 5, 7, 8, 9])
        self.assertEqual(c.point_int.tolist()[:4], [0, -2**63, 0, 2**63 - 1])
        self.assertEqual(c.point_double[0], 21.5)
        self.assertTrue(math.isnan(c.point_double[2]))
        self.assertEqual((c.bucket_counts.tolist(), c.bounds.tolist()), ([1, 0, 300, 2**40], [0.5, 1.0, 10.0]))
        self.assertEqual(c.attributes("point_first_attribute", 5), {"a": 1})
        simple = {k: v for k, v in points[0].point.attributes.items() if not isinstance(v, (list, dict))}
        self.assertEqual({k: v for k, v in c.attributes("point_first_attribute", 0).items() if k not in ("list", "map")}, simple)
        self.assertEqual(c.attributes("scope_first_attribute", 0), {"of": "scope"})
        self.assertEqual(len(c), 9)
        self.assertIn("point_double", list(c))

    def test_columns_that_were_not_asked_for_are_empty(self):
        c = one_of_each().columns(0)
        self.assertEqual((len(c), len(c.attribute_key), len(c.bounds), c.text), (9, 0, 0, b""))
        self.assertEqual(c.point_first_attribute.tolist(), [0] * 10)
        with self.assertRaises(AttributeError):
            c.nothing
        with self.assertRaises(IndexError):
            c.string("point_time", 0)

    def test_an_empty_batch_has_empty_columns(self):
        c = t.Metrics.decode(b"").columns()
        self.assertEqual((len(c), c.metric_first_point.tolist(), c.strings("metric_name"), c.text), (0, [0], [], b""))
        self.assertEqual(c.point_double.format, "d")

    def test_guessed_and_counted_room_give_the_same(self):
        crowded = t.Builder().gauge("g")
        for i in range(50):
            crowded.point(i, {chr(97 + k): None for k in range(20)})  # the guess is too small for these
        for batch in (one_of_each(), many(300), crowded.finish()):
            guessed, keep = batch.columns(), columns_module._GUESSED
            columns_module._GUESSED = -1
            try:
                counted = batch.columns()
            finally:
                columns_module._GUESSED = keep
            self.assertEqual(counted.text, guessed.text)
            for name in counted:
                self.assertEqual(bytes(counted[name]), bytes(guessed[name]), name)

    def test_other_readers_take_the_buffers(self):
        c = many(50).columns()
        self.assertEqual(array.array("d", c.point_double), array.array("d", range(50)))
        self.assertEqual(struct.unpack_from("<2Q", c.point_time), (2, 2))
        self.assertEqual(c.attribute_key.shape, (151, 2))
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is not installed; the buffers were read by array and struct")
        self.assertEqual(numpy.frombuffer(c.point_double).sum(), 1225)
        self.assertEqual(numpy.asarray(c.attribute_key).shape, (151, 2))


class CutAndJoin(unittest.TestCase):
    def test_split_takes_off_the_front(self):
        rest = one_of_each()
        head = rest.split(4)
        self.assertEqual((len(head), len(rest)), (4, 5))
        self.assertTrue(head.difference(rest).startswith("resources[0]"))
        self.assertNotEqual(head, rest)
        with self.assertRaises(t.ArgumentError):
            rest.split(0)

    def test_batches_leave_the_batch_as_it_is(self):
        batch = many(100)
        parts = list(batch.batches(30))
        self.assertEqual([len(p) for p in parts], [30, 30, 30, 10])
        self.assertEqual(len(batch), 100)
        joined = parts[0]
        for part in parts[1:]:
            joined.merge(part)
            self.assertEqual(len(part), 0)
        self.assertEqual(joined.columns().point_double.tolist(), batch.columns().point_double.tolist())
        self.assertEqual(list(t.Metrics.decode(b"").batches(5)), [])

    def test_a_share_does_not_see_changes(self):
        batch = many(10)
        other = batch.share()
        batch.split(9)
        self.assertEqual((len(batch), len(other)), (1, 10))
        batch.close()
        self.assertEqual(len(list(other.points())), 10)
        with self.assertRaisesRegex(ValueError, "itself"):
            other.merge(other)

    def test_compact_lets_the_rest_go(self):
        batch = many(1000)
        head = batch.split(1)
        batch.close()
        before = head.counts().pinned_bytes
        head.compact()
        self.assertLess(head.counts().pinned_bytes, before // 10)
        self.assertEqual(len(head), 1)

    def test_closed_batches_say_so(self):
        with one_of_each() as batch:
            self.assertFalse(batch.closed)
        batch.close()
        self.assertEqual(repr(batch), "<telemetry.Metrics, closed>")
        for use in (batch.encode, batch.counts, batch.columns, batch.share, lambda: next(batch.resources()), lambda: many(1).merge(batch)):
            with self.assertRaises(t.ClosedError):
                use()
