# SPDX-License-Identifier: Apache-2.0
"""Exporters: plain and asyncio, their answers, cancelling, closing, logging; contexts and what drives them."""
import asyncio
import gc
import http.server
import logging
import threading
import time
import unittest

import telemetry as t
from support import many, one_of_each


class Plain(unittest.TestCase):
    def test_every_protocol_and_coding_delivers(self):
        batch = one_of_each()
        with t.Sink() as sink:
            for protocol, endpoint in (("http/protobuf", sink.endpoint_http), ("http/json", sink.endpoint_http),
                                       ("grpc", sink.endpoint_grpc)):
                for coding in ("", "gzip", "zstd"):
                    with t.Exporter(endpoint, protocol=protocol, compression=coding, headers={"x-a": "b"}) as exporter:
                        self.assertEqual(exporter.export_sync(batch, 20), t.ExportResult())
            sink.wait(requests=9)
            for request in sink.requests:
                self.assertIsNone(request.metrics.difference(batch))
        self.assertEqual(len(batch), 9)

    def test_partial_success_is_a_result_and_refusals_are_errors(self):
        with t.Sink(answers=[t.Outcome.ok(2, "two were bad"), t.Outcome.permanent("never", grpc_status=3)]) as sink, \
                t.Exporter(sink.endpoint_grpc, protocol="grpc", retry=False) as exporter:
            result = exporter.export_sync(many(5), 20)
            self.assertEqual((result.rejected_points, result.message, result.partial), (2, "two were bad", True))
            with self.assertRaises(t.ExportError) as caught:
                exporter.export_sync(many(5), 20)
            self.assertEqual((caught.exception.permanent, caught.exception.grpc_status), (True, 3))
            self.assertIn("never", str(caught.exception))
            sink.answer(t.Outcome.retry("later"))
            with self.assertRaises(t.ExportError) as caught:
                exporter.export_sync(many(5), 20)
            self.assertFalse(caught.exception.permanent)
            self.assertTrue(exporter.export_sync(many(1), 20) == t.ExportResult())

    def test_retries_until_it_is_taken(self):
        with t.Sink(answers=[t.Outcome.retry(after=1)]) as sink, t.Exporter(sink.endpoint_http) as exporter:
            exporter.export_sync(many(3), 60)
            self.assertEqual(sink.point_count, 3)

    def test_a_timeout_takes_the_batch_back(self):
        with t.Sink(answers=[t.Outcome.ok(delay=30)]) as sink, t.Exporter(sink.endpoint_http) as exporter:
            with self.assertRaisesRegex(TimeoutError, "0.05"):
                exporter.export_sync(many(1), 0.05)
            self.assertEqual(exporter.pending, 0)

    def test_options_that_cannot_be_are_refused(self):
        for options in ({"endpoint": "ftp://x"}, {"compression": "rar"}, {"headers": {"a\n": "b"}}, {"protocol": "smoke"},
                        {"timeout": -1}):
            with self.assertRaises(ValueError, msg=str(options)):
                t.Exporter(**options)
        with self.assertRaises(OverflowError):
            t.Exporter(in_flight=2**32)
        with self.assertRaises(t.TelemetryError):
            t.Exporter("https://127.0.0.1:1", ca_file="/nonexistent/ca.pem")

    def test_the_environment_says_where(self):
        with t.Sink() as sink:
            for protocol in ("http/protobuf", "grpc", "http/json"):
                with t.Exporter.from_environment(sink.environment(protocol)) as exporter:
                    exporter.export_sync(many(2), 20)
            self.assertEqual(sorted(r.transport for r in sink.requests), ["grpc", "http", "http"])
        with self.assertRaisesRegex(t.ArgumentError, "OTEL_EXPORTER_OTLP_TIMEOUT"):
            t.Exporter.from_environment({"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"})

    def test_preferences_and_the_resource_come_from_the_environment(self):
        with t.Exporter.from_environment({"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"}) as exporter:
            p = exporter.preference()
        self.assertEqual((p.counter, p.up_down, p.histogram_type),
                         (t.Temporality.DELTA, t.Temporality.CUMULATIVE, t.MetricType.HISTOGRAM))
        with self.assertRaises(t.ClosedError):
            exporter.preference()
        batch = t.Builder().resource_from_environment({"OTEL_SERVICE_NAME": "shop", "OTEL_RESOURCE_ATTRIBUTES": "a=b%20c"}).gauge("g") \
            .point(1).finish()
        attributes = next(batch.resources()).attributes
        self.assertEqual((attributes["service.name"], attributes["a"]), ("shop", "b c"))
        with self.assertRaises(t.ArgumentError):
            t.Builder().resource_from_environment({"OTEL_RESOURCE_ATTRIBUTES": "%zz=1"}).finish()

    def test_proxies_are_gone_by(self):
        asked = []

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(self.path)
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
            threading.Thread(target=proxy.serve_forever, daemon=True).start()
            url = "http://127.0.0.1:%d" % proxy.server_port
            with t.Exporter.from_environment({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://backend.test:4318", "HTTP_PROXY": url}) as exporter:
                exporter.export_sync(many(1), 20)
            with t.Context(proxies={"http": url, "no": "127.0.0.1"}) as context, t.Sink() as sink, \
                    t.Exporter(sink.endpoint_http, context=context) as exporter:
                exporter.export_sync(many(1), 20)
            proxy.shutdown()
        self.assertEqual(asked, ["http://backend.test:4318/v1/metrics"])
        with self.assertRaises(t.TelemetryError):
            t.Context(proxies={"http": "smoke://signal"})

    def test_a_budget_is_shared_by_contexts(self):
        budget = t.Budget(1 << 20)
        with t.Context(budget=budget) as context, t.Exporter("http://127.0.0.1:9", context=context) as exporter:
            exporter._part.submit(many(2000), lambda result, error: None)
            self.assertGreater(budget.state().reserved_bytes, 10000)
            with self.assertRaises(t.NoMemoryError):
                for _ in range(100):
                    exporter._part.submit(many(2000), lambda result, error: None)
        gc.collect()
        self.assertEqual(budget.state().reserved_bytes, 0)

    def test_a_full_queue_is_told(self):
        with t.Sink(answers=[t.Outcome.ok(delay=30)]) as sink, t.Exporter(sink.endpoint_http, queue_batches=1) as exporter:
            async def main():
                first = asyncio.ensure_future(exporter.export(many(1)))
                await asyncio.sleep(0)
                with self.assertRaises(t.QueueFullError):
                    await exporter.export(many(1))
                first.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await first
            asyncio.run(main())
            self.assertEqual(exporter.pending, 0)


class Asyncio(unittest.TestCase):
    def test_a_thousand_exports_at_once(self):
        async def main(endpoint, protocol):
            async with t.Exporter(endpoint, protocol=protocol) as exporter:
                return await asyncio.gather(*[exporter.export(many(1), timeout=60) for _ in range(1000)])
        with t.Sink() as sink:
            for endpoint, protocol in ((sink.endpoint_http, "http/protobuf"), (sink.endpoint_grpc, "grpc")):
                results = asyncio.run(main(endpoint, protocol))
                self.assertEqual(results, [t.ExportResult()] * 1000)
            self.assertEqual(sink.point_count, 2000)

    def test_cancelling_cancels_the_submit(self):
        async def main(sink):
            async with t.Exporter(sink.endpoint_http) as exporter:
                task = asyncio.ensure_future(exporter.export(many(1)))
                await asyncio.sleep(0.05)
                self.assertEqual(exporter.pending, 1)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                self.assertEqual(exporter.pending, 0)
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(exporter.export(many(1)), 0.05)
                with self.assertRaises(t.DeadlineError):
                    await exporter.export(many(1), timeout=0.05)
                self.assertEqual(exporter.pending, 0)
                await exporter.export(many(4), timeout=20)
        with t.Sink(answers=[t.Outcome.ok(delay=30)] * 3) as sink:
            asyncio.run(main(sink))
            self.assertEqual(sink.point_count, 4)

    def test_one_exporter_in_one_loop_after_the_other(self):
        with t.Sink() as sink, t.Exporter(sink.endpoint_http) as exporter:
            for _ in range(3):
                asyncio.run(exporter.export(many(1), timeout=20))
            exporter.export_sync(many(1), 20)
            self.assertEqual(sink.point_count, 4)

    def test_closing_tells_who_waits(self):
        async def main(sink):
            exporter = t.Exporter(sink.endpoint_http)
            task = asyncio.ensure_future(exporter.export(many(1)))
            await asyncio.sleep(0.02)
            exporter.close()
            exporter.close()
            with self.assertRaises(t.ClosedError):
                await task
            with self.assertRaises(t.ClosedError):
                await exporter.export(many(1))
        with t.Sink(answers=[t.Outcome.ok(delay=30)]) as sink:
            asyncio.run(main(sink))

    def test_receiver_and_exporter_in_one_loop(self):
        async def main():
            seen = []

            async def handler(metrics, receipt):
                await asyncio.sleep(0.01)
                seen.append(metrics)
                return t.Outcome.ok(1, "async")

            context = t.Context()
            async with context, t.Receiver(handler, http="127.0.0.1:0", context=context) as receiver:
                exporter = t.Exporter("http://127.0.0.1:%d" % receiver.http_port, context=context)
                results = await asyncio.gather(*[exporter.export(many(2), timeout=20) for _ in range(20)])
            self.assertEqual((len(seen), {r.message for r in results}), (20, {"async"}))
        asyncio.run(main())

    def test_exceptions_of_callbacks_reach_the_loop(self):
        async def main():
            reported = []
            asyncio.get_running_loop().set_exception_handler(lambda _, what: reported.append(what["exception"]))

            def handler(metrics, receipt):
                raise KeyError("from the handler")

            async def async_handler(metrics, receipt):
                raise IndexError("from the async handler")

            for each in (handler, async_handler):
                async with t.Receiver(each, http="127.0.0.1:0") as receiver, \
                        t.Exporter("http://127.0.0.1:%d" % receiver.http_port, retry=False) as exporter:
                    with self.assertRaisesRegex(t.ExportError, "the handler failed"):
                        await exporter.export(many(1), timeout=20)
            self.assertEqual([type(e) for e in reported], [KeyError, IndexError])
        asyncio.run(main())


class Contexts(unittest.TestCase):
    def test_log_lines_arrive(self):
        lines = []
        with t.Context(log=lines.append, log_level=logging.DEBUG) as context, \
                t.Exporter.from_environment({"OTEL_EXPORTER_OTLP_METRIC_INSECURE": "true"}, context=context):
            pass
        self.assertTrue(lines)
        self.assertIn(logging.WARNING, [line.level for line in lines])
        logger = logging.getLogger("telemetry.test")
        with self.assertLogs(logger, logging.WARNING) as caught, t.Context(log=logger) as context:
            t.Exporter.from_environment({"OTEL_EXPORTER_OTLP_METRIC_INSECURE": "true"}, context=context)
        self.assertIn("OTEL_EXPORTER_OTLP_METRIC_INSECURE", "".join(caught.output))

    def test_exceptions_of_the_log_are_raised_by_the_turn(self):
        def log(line):
            raise ZeroDivisionError
        with t.Context(log=log) as context:
            t.Exporter.from_environment({"OTEL_EXPORTER_OTLP_METRIC_INSECURE": "true"}, context=context)
            with self.assertRaises(ZeroDivisionError):
                while True:
                    context.run_once(0)

    def test_another_thread_is_refused(self):
        with t.Sink() as sink, t.Exporter(sink.endpoint_http) as exporter:
            errors = []

            def elsewhere():
                for call in (lambda: exporter.export_sync(many(1), 5), lambda: exporter.context.run_once(0), exporter.close,
                             exporter.context.close, lambda: t.Exporter(context=exporter.context),
                             lambda: t.Receiver(print, http="127.0.0.1:0", context=exporter.context)):
                    try:
                        call()
                    except t.ThreadError as error:
                        errors.append(error)
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
            self.assertEqual(len(errors), 6)
            exporter.export_sync(many(1), 20)

    def test_what_another_thread_drops_is_freed_by_ours(self):
        context = t.Context()
        exporter = [t.Exporter("http://127.0.0.1:9", context=context)]
        thread = threading.Thread(target=exporter.clear)
        thread.start()
        thread.join()
        gc.collect()
        self.assertEqual((len(context._core.doomed), len(context._core.parts)), (1, 1))
        context.run_once(0)
        self.assertEqual((len(context._core.doomed), len(context._core.parts)), (0, 0))
        context.close()

    def test_a_callback_cannot_drive_or_close_its_context(self):
        errors = []
        with t.Context() as context, t.Sink() as sink:
            def handler(metrics, receipt):
                for call in (context.close, lambda: context.run_once(0)):
                    try:
                        call()
                    except t.StateError as error:
                        errors.append(error)
            receiver = t.Receiver(handler, http="127.0.0.1:0", context=context)
            exporter = t.Exporter("http://127.0.0.1:%d" % receiver.http_port, context=context)
            exporter.export_sync(many(1), 20)
            self.assertEqual(len(errors), 2)
            self.assertEqual(sink.requests, [])

    def test_an_exporter_with_its_own_context_is_not_closed_by_its_callback(self):
        with t.Sink() as sink, t.Exporter(sink.endpoint_http) as exporter:
            errors = []

            def settle(result, error):
                try:
                    exporter.close()
                except t.StateError as refused:
                    errors.append(refused)
            exporter._part.submit(many(1), settle)
            exporter.context.run(lambda: bool(errors), 20)
            exporter.export_sync(many(1), 20)
        shared = t.Context()
        with t.Sink() as sink:
            exporter = t.Exporter(sink.endpoint_http, context=shared)
            exporter._part.submit(many(1), lambda result, error: exporter.close())
            shared.run(lambda: exporter.closed, 20)
        shared.close()

    def test_run_ends_in_time(self):
        with t.Context() as context:
            begun = time.monotonic()
            with self.assertRaises(TimeoutError):
                context.run(lambda: False, 0.05)
            self.assertGreaterEqual(time.monotonic() - begun, 0.05)
            context.run_until_idle(1)
            self.assertGreaterEqual(context.fileno(), 0)
            woken = threading.Timer(0.02, context.wakeup)
            woken.start()
            context.run_once()
            woken.join()
        context.close()
        for call in (lambda: context.run_once(0), context.fileno, context.wakeup, lambda: t.Exporter(context=context)):
            with self.assertRaises(t.ClosedError):
                call()

    def test_closing_the_context_closes_what_lives_in_it(self):
        context = t.Context()
        exporter = t.Exporter("http://127.0.0.1:9", context=context)
        receiver = t.Receiver(print, http="127.0.0.1:0", context=context)
        context.close()
        self.assertTrue(exporter.closed and receiver.closed)
        exporter.close()
        receiver.close()
        with self.assertRaises(t.ClosedError):
            exporter.export_sync(many(1))
        with self.assertRaises(t.ClosedError):
            receiver.http_port
