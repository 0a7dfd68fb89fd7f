# SPDX-License-Identifier: Apache-2.0
"""The builder: what it refuses, and that it writes what was said (test_metrics reads every field back)."""
import unittest

import telemetry as t


class Builder(unittest.TestCase):
    def test_a_call_at_the_wrong_place_is_told_by_finish(self):
        b = t.Builder().histogram("h").point(1)
        with self.assertRaisesRegex(t.StateError, "a gauge or sum"):
            b.finish()
        self.assertEqual(len(b.gauge("g").point(1).finish()), 1)

    def test_numbers_that_do_not_fit_are_refused(self):
        b = t.Builder().gauge("g")
        for call in (lambda: b.point(2**63), lambda: b.point(-2**63 - 1), lambda: b.times(-1, 0), lambda: b.times(0, 2**64),
                     lambda: b.point(1, {"k": 2**63}), lambda: b.point(1, flags=2**32),
                     lambda: t.Builder().histogram("h").histogram_point(-1),
                     lambda: t.Builder().histogram("h").histogram_point(1, bounds=[1], bucket_counts=[1, -1]),
                     lambda: t.Builder().exp_histogram("e").exp_histogram_point(1, scale=2**31)):
            with self.assertRaises(OverflowError):
                call()

    def test_values_of_other_types_are_refused(self):
        b = t.Builder().gauge("g").point(1)
        for value in (object(), {1}, 1j, {"inner": object()}, [range(2)]):
            with self.assertRaisesRegex(TypeError, "cannot be a"):
                b.attributes({"k": value})
        for call in (lambda: b.point("1"), lambda: b.point(True), lambda: b.attributes({1: 2}), lambda: b.exemplar("x"),
                     lambda: b.attributes({"k": {1: 2}})):
            with self.assertRaises(TypeError):
                call()
        point, = b.finish().points()
        self.assertEqual(point.point.attributes, {})

    def test_texts_that_c_cannot_take_are_refused(self):
        with self.assertRaisesRegex(ValueError, "NUL"):
            t.Builder().scope("a\0b")
        with self.assertRaises(UnicodeEncodeError):
            t.Builder().gauge("\ud800")
        with self.assertRaises(t.ArgumentError):
            t.Builder().gauge("").point(1).finish()
        point, = t.Builder().gauge("n\0l", "u\0").point(1, {"a\0": "\0"}).finish().points()
        self.assertEqual((point.metric.name, point.point.attributes), ("n\0l", {"a\0": "\0"}))

    def test_shapes_are_checked(self):
        h = t.Builder().histogram("h")
        for bounds, counts in (([1], [1]), ([1, 2], [1, 2]), ([], [1, 2]), ([1], [])):
            with self.assertRaisesRegex(ValueError, "bucket counts"):
                h.histogram_point(1, bounds=bounds, bucket_counts=counts)
        with self.assertRaises(t.ArgumentError):
            t.Builder().histogram("h").histogram_point(3, bounds=[2, 1], bucket_counts=[1, 1, 1]).finish()
        with self.assertRaisesRegex(ValueError, "16"):
            t.Builder().gauge("g").point(1).exemplar(1, trace_id=b"short")
        with self.assertRaisesRegex(ValueError, "8"):
            t.Builder().gauge("g").point(1).exemplar(1, span_id=b"far too long")

    def test_nesting_ends(self):
        deep = []
        for _ in range(63):
            deep = [deep]
        self.assertEqual(len(t.Builder().gauge("g").point(1, {"k": deep}).finish()), 1)
        endless = []
        endless.append(endless)
        with self.assertRaisesRegex(ValueError, "nested"):
            t.Builder().gauge("g").point(1, {"k": endless})

    def test_prepared_attributes_are_written_as_others(self):
        given = {"a": 1, "b": ["x", {"y": None}]}
        prepared = t.PreparedAttributes(given)
        with_prepared = t.Builder().resource(prepared).gauge("g").point(1, prepared).point(2.0, prepared).finish()
        prepared.close()
        self.assertEqual(with_prepared, t.Builder().resource(given).gauge("g").point(1, given).point(2.0, given).finish())
        with self.assertRaises(t.ClosedError):
            t.Builder().resource(prepared)

    def test_short_and_long_ways_write_the_same(self):
        class Text(str):
            pass

        class Number(int):
            pass
        given = {"s": "text", "i": -7, "d": 0.5, "t": True, "f": False, "n\0": "x", "v": "a\0b", "e": "", "": "empty"}
        slow = {key: Text(v) if type(v) is str else Number(v) if type(v) is int else v for key, v in given.items()}
        self.assertEqual(t.Builder().gauge("g").point(1, given).finish(), t.Builder().gauge("g").point(1, slow).finish())
        point, = t.Builder().gauge("g").point(1, given).finish().points()
        self.assertEqual(point.point.attributes, given)
        self.assertEqual([type(v) for v in point.point.attributes.values()], [type(v) for v in given.values()])

    def test_the_ceiling_holds(self):
        b = t.Builder(max_bytes=1000).gauge("g")
        for _ in range(100):
            b.point(1, {"key": "a text that needs some room"})
        with self.assertRaises(t.LimitError):
            b.finish()
        with self.assertRaises(t.ArgumentError):
            t.Builder(max_bytes=2**31)

    def test_closed_builders_say_so(self):
        with t.Builder() as b:
            b.gauge("g")
        b.close()
        with self.assertRaises(t.ClosedError):
            b.point(1)
