# SPDX-License-Identifier: Apache-2.0
"""Receivers with their receipts, and the sink of tests."""
import gc
import http.client
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import telemetry as t
from support import many, one_of_each


def post(port, body, kind="application/x-protobuf"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/v1/metrics", body, {"Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


class Receipts(unittest.TestCase):
    def serve(self, handler, batch=None, **options):
        """One exporter against one receiver in one context: what became of a batch."""
        with t.Context() as context:
            receiver = t.Receiver(handler, http="127.0.0.1:0", grpc="127.0.0.1:0", context=context)
            exporter = t.Exporter("http://127.0.0.1:%d" % receiver.grpc_port, protocol="grpc", context=context, retry=False, **options)
            return exporter.export_sync(batch or many(2), 20)

    def test_a_handler_sees_batch_and_origin(self):
        seen = []
        self.serve(lambda metrics, receipt: seen.append((metrics, receipt.transport, receipt.peer)), one_of_each())
        (metrics, transport, peer), = seen
        self.assertEqual((metrics, transport), (one_of_each(), "grpc"))
        self.assertTrue(peer.startswith("127.0.0.1:"))

    def test_an_outcome_that_cannot_be_is_refused(self):
        with t.Context() as context:
            receiver = t.Receiver(lambda m, r: t.Outcome.permanent(grpc_status=17), http="127.0.0.1:0", context=context)
            exporter = t.Exporter("http://127.0.0.1:%d" % receiver.http_port, context=context, retry=False)
            with self.assertRaises(t.ArgumentError):
                exporter.export_sync(many(1), 20)
            with self.assertRaisesRegex(t.ExportError, "cannot be"):
                context._core.errors.clear()
                answers = []
                exporter._part.submit(many(1), lambda result, error: answers.append(error))
                while not answers:
                    try:
                        context.run_once(5)
                    except t.ArgumentError:
                        pass
                raise answers[0]

    def test_outcomes_reach_the_client(self):
        self.assertEqual(self.serve(lambda m, r: t.Outcome.ok(1, "part")), t.ExportResult(1, "part"))
        self.assertEqual(self.serve(lambda m, r: t.Outcome(t.Verdict.FILTERED)), t.ExportResult())
        for outcome, permanent, status in ((t.Outcome.retry("later"), False, 14), (t.Outcome.permanent("no"), True, 13),
                                           (t.Outcome.permanent("no", grpc_status=7), True, 7)):
            with self.assertRaises(t.ExportError) as caught:
                self.serve(lambda m, r: outcome)
            self.assertEqual((caught.exception.permanent, caught.exception.grpc_status), (permanent, status))
        with self.assertRaises(t.ExportError):
            self.serve(lambda m, r: t.Outcome.abort())

    def test_a_receipt_may_be_settled_later_but_once(self):
        kept = []

        def handler(metrics, receipt):
            receipt.defer()
            kept.append(receipt)

        with t.Context() as context:
            receiver = t.Receiver(handler, http="127.0.0.1:0", context=context)
            sender = t.Exporter("http://127.0.0.1:%d" % receiver.http_port, context=context)
            answers = []
            sender._part.submit(many(1), lambda result, error: answers.append(result))
            context.run(lambda: bool(kept), 20)
            self.assertFalse(kept[0].settled)
            kept[0].settle(t.Outcome.ok(1, "late"))
            with self.assertRaises(t.StateError):
                kept[0].settle()
            context.run(lambda: bool(answers), 20)
            self.assertEqual(answers, [t.ExportResult(1, "late")])
            sender._part.submit(many(1), lambda result, error: answers.append(error))
            context.run(lambda: len(kept) == 2, 20)
            receiver.close()
            kept[1].settle()  # nobody is there any more
            self.assertTrue(kept[1].settled)

    def test_a_forgotten_receipt_is_answered(self):
        with self.assertRaises(t.ExportError) as caught:
            def handler(metrics, receipt):
                receipt.defer()
                del receipt
                gc.collect()
            self.serve(handler)
        self.assertFalse(caught.exception.permanent)
        self.assertIn("forgot", str(caught.exception))

    def test_a_client_that_gives_up_is_told(self):
        lost, deadlines = [], []

        def handler(metrics, receipt):
            receipt.defer()
            deadlines.append(receipt.deadline)
            receipt.watch(lost.append)
            kept.append(receipt)

        kept = []
        with t.Context() as context:
            receiver = t.Receiver(handler, grpc="127.0.0.1:0", context=context)
            sender = t.Exporter("http://127.0.0.1:%d" % receiver.grpc_port, protocol="grpc", timeout=60, context=context)
            sender._part.submit(many(1), lambda result, error: None)
            context.run(lambda: bool(kept), 20)
            self.assertTrue(time.monotonic() < deadlines[0] <= time.monotonic() + 60)
            self.assertEqual(receiver.open_requests, 1)
            sender.close()
            context.run(lambda: bool(lost), 20)
            self.assertIn(lost[0], (t.Code.TEL_ERR_CLOSED, t.Code.TEL_ERR_TIMEOUT))
            kept[0].settle()
            self.assertEqual(receiver.open_requests, 0)
            with self.assertRaises(t.StateError):
                kept[0].watch(print)

    def test_draining_refuses_new_connections(self):
        with t.Context() as context:
            receiver = t.Receiver(lambda m, r: None, http="127.0.0.1:0", context=context)
            url = "http://127.0.0.1:%d" % receiver.http_port
            with t.Exporter(url, context=context, retry=False) as exporter:
                exporter.export_sync(many(1), 20)
                receiver.drain()
            with t.Exporter(url, context=context, retry=False) as exporter, self.assertRaises(t.ExportError):
                exporter.export_sync(many(1), 20)

    def test_paths_and_certificates_are_taken(self):
        with t.Context() as context:
            receiver = t.Receiver(lambda m, r: None, http="127.0.0.1:0", http_path="/elsewhere", context=context)
            url = "http://127.0.0.1:%d/elsewhere" % receiver.http_port
            with t.Exporter(url, endpoint_is_whole=True, context=context) as exporter:
                exporter.export_sync(many(1), 20)
            with self.assertRaises(t.TelemetryError):
                t.Receiver(print, http="127.0.0.1:0", cert_file="/nonexistent", key_file="/nonexistent", context=context)

    def test_a_handler_that_fails_answers_and_is_reported(self):
        def handler(metrics, receipt):
            raise KeyError("broken")
        with self.assertRaises(KeyError):
            self.serve(handler)
        with self.assertRaisesRegex(TypeError, "gave a str"):
            self.serve(lambda m, r: "fine")

    def test_addresses_that_cannot_be_opened_are_told(self):
        with t.Context() as context:
            with self.assertRaises(t.ArgumentError):
                t.Receiver(print, context=context)
            receiver = t.Receiver(print, http="127.0.0.1:0", context=context)
            self.assertEqual((receiver.grpc_port, receiver.http_port > 0), (0, True))
            with self.assertRaises(t.TransportError) as caught:
                t.Receiver(print, http="127.0.0.1:%d" % receiver.http_port, context=context)
            self.assertGreater(caught.exception.detail, 0)
            with self.assertRaises(ValueError):
                t.Receiver(print, http="nowhere", context=context)


class Sinks(unittest.TestCase):
    def test_a_sink_keeps_what_it_took(self):
        batch = one_of_each()
        with t.Sink() as sink:
            self.assertEqual(post(sink.http_port, batch.encode())[0], 200)
            self.assertEqual(post(sink.http_port, batch.to_json().encode(), "application/json")[0], 200)
            sink.wait(points=18, requests=2)
            self.assertEqual(sink.metrics, [batch, batch])
            self.assertIn("gauge", {p.metric.name for p in sink.points})
            self.assertEqual(sink.point_count, 18)
            sink.clear()
            self.assertEqual((sink.points, sink.requests, sink.point_count), ([], [], 0))
        sink.close()

    def test_answers_are_given_in_order(self):
        with t.Sink(answers=[t.Outcome.retry("busy", after=3), t.Outcome.permanent("no", grpc_status=3)]) as sink:
            sink.answer(t.Outcome.ok(1, "part", delay=0.05))
            status, headers, _ = post(sink.http_port, many(1).encode())
            self.assertEqual((status, {k.lower(): v for k, v in headers.items()}["retry-after"]), (503, "3"))
            self.assertEqual(post(sink.http_port, many(1).encode())[0], 400)
            begun = time.monotonic()
            self.assertEqual(post(sink.http_port, many(1).encode())[0], 200)
            self.assertGreaterEqual(time.monotonic() - begun, 0.05)
            self.assertEqual(post(sink.http_port, many(1).encode())[0], 200)
            sink.wait(requests=4)
            self.assertEqual([r.outcome.verdict for r in sink.requests],
                             [t.Verdict.RETRY, t.Verdict.PERMANENT, t.Verdict.OK, t.Verdict.OK])
            self.assertEqual(sink.point_count, 2)

    def test_waiting_ends_and_says_what_is_there(self):
        with t.Sink() as sink:
            post(sink.http_port, many(2).encode())
            with self.assertRaisesRegex(TimeoutError, "2 points of 1 requests, not 3 points"):
                sink.wait(points=3, timeout=0.05)
            sink.wait(points=2)

    def test_listeners_may_be_left_out(self):
        with t.Sink(grpc=False) as sink:
            self.assertEqual(sink.grpc_port, 0)
            self.assertEqual(post(sink.http_port, b"")[0], 200)
        with self.assertRaises(t.ArgumentError):
            t.Sink(grpc=False, http=False).start()

    def test_a_sink_speaks_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
            done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                                   "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                                   "subjectAltName=IP:127.0.0.1"], stderr=subprocess.PIPE, universal_newlines=True) \
                if shutil.which("openssl") else None
            if done is None:
                self.skipTest("openssl is not installed")
            self.assertEqual(done.returncode, 0, done.stderr)
            with t.Sink(cert_file=cert, key_file=key) as sink:
                for endpoint, protocol in ((sink.endpoint_http, "http/protobuf"), (sink.endpoint_grpc, "grpc")):
                    self.assertTrue(endpoint.startswith("https://"))
                    with t.Exporter(endpoint, protocol=protocol, ca_file=cert) as exporter:
                        exporter.export_sync(many(2), 20)
                self.assertEqual(sink.point_count, 4)

    def test_a_sink_starts_once_and_closes_with_work_in_flight(self):
        with t.Sink(answers=[t.Outcome.ok(delay=60)]) as sink, t.Exporter(sink.endpoint_http) as exporter:
            with self.assertRaises(t.DeadlineError):
                exporter.export_sync(many(1), 0.05)
            with self.assertRaises(t.StateError):
                sink.start()
        t.Sink().close()
