# SPDX-License-Identifier: Apache-2.0
"""Who owns what: leaks, cycles, order of closing, fork, the end of the interpreter, the core library alone."""
import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import weakref

import telemetry as t
from support import PACKAGE, TOP, many, one_of_each, python, rss

ROUNDS = 100000
BOUND = 3 << 20  # bytes; a leak of one small object per round would be more


def growth(call, rounds=ROUNDS, warm=2000):
    for _ in range(warm):
        call()
    before = rss()
    for _ in range(rounds):
        call()
    return rss() - before


@unittest.skipIf(os.environ.get("TEL_PRELOADED"), "a sanitizer keeps what was freed for a while")
class Leaks(unittest.TestCase):
    def test_decoding_keeps_nothing(self):
        data = many(2).encode()
        self.assertLess(growth(lambda: t.Metrics.decode(data)), BOUND)

    def test_errors_keep_nothing(self):
        data = many(2).encode()[:-1]

        def call():
            try:
                t.Metrics.decode(data)
            except t.MalformedError:
                pass
        self.assertLess(growth(call), BOUND)

    def test_building_walking_and_columns_keep_nothing(self):
        def call():
            batch = t.Builder().resource({"a": [1, {"b": b"c"}]}).gauge("g").point(1, {"k": "v"}).finish()
            for point in batch.points():
                repr(point)
            batch.columns()
            batch.share().split(1).encode()
        self.assertLess(growth(call, ROUNDS // 10), BOUND)

    def test_graphs_and_configurations_keep_nothing(self):
        batch = many(2)
        text = "receivers: {otlp: {protocols: {grpc: }}}\nexporters: {nop: }\n" \
               "service: {pipelines: {metrics: {receivers: [otlp], exporters: [nop]}}}"

        def call():
            t.Graph(t.Config.parse(text)).run(batch).commit()
        self.assertLess(growth(call, ROUNDS // 50, 200), BOUND)

    def test_contexts_exporters_and_receivers_keep_nothing(self):
        def call():
            with t.Context(log=lambda line: None) as context:
                t.Exporter("http://127.0.0.1:9", headers={"a": "b"}, context=context)
                t.Receiver(lambda m, r: None, http="127.0.0.1:0", context=context)
        descriptors = len(os.listdir("/proc/self/fd"))
        self.assertLess(growth(call, 1000, 100), BOUND)
        gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), descriptors)

    def test_exporting_keeps_nothing(self):
        batch = many(2)
        with t.Sink() as sink, t.Exporter(sink.endpoint_http) as exporter:
            def call():
                exporter.export_sync(batch, 20)
                if len(sink._requests) > 50:
                    sink.clear()
            self.assertLess(growth(call, 2000, 500), BOUND)


class Ownership(unittest.TestCase):
    def test_cycles_are_collected(self):
        class Holder:
            pass
        watched = []
        for _ in range(10):
            holder = Holder()
            holder.context = t.Context(log=lambda line, holder=holder: None)
            holder.exporter = t.Exporter("http://127.0.0.1:9", context=holder.context)
            holder.receiver = t.Receiver(lambda m, r, holder=holder: None, http="127.0.0.1:0", context=holder.context)
            holder.batch = many(1)
            holder.batch.holder = holder
            watched.append(weakref.ref(holder))
        descriptors = len(os.listdir("/proc/self/fd"))
        del holder
        gc.collect()
        self.assertEqual([ref() for ref in watched], [None] * 10)
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), descriptors - 10 * 2)

    def test_dropped_exporters_free_their_context(self):
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        exporters = [t.Exporter("http://127.0.0.1:9") for _ in range(20)]
        self.assertGreater(len(os.listdir("/proc/self/fd")), before)
        del exporters
        gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_threads_work_side_by_side(self):
        shared, data = one_of_each(), many(300).encode()
        wanted, failed = shared.encode(), []

        def work():
            try:
                for _ in range(100):
                    batch = t.Metrics.decode(data)  # other threads run meanwhile
                    if len(batch.columns()) != 300 or batch.split(100).encode() == data:
                        failed.append("a batch of its own")
                    mine = shared.share()
                    with mine.edit():
                        next(mine.resources()).drop()
                    if shared.encode() != wanted or len(mine) != 1:
                        failed.append("the batch of all")
            except BaseException as error:
                failed.append(error)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])

    def test_one_batch_under_many_threads_is_never_read_while_it_changes(self):
        batch, unexpected, stop = many(2000), [], threading.Event()

        def use(call):
            while not stop.is_set():
                try:
                    call()
                except t.StateError:  # changed, closed, or being edited
                    pass
                except BaseException as error:
                    unexpected.append(error)
                    return

        def edit():
            with batch.edit():
                for metric in batch.metrics():
                    metric.rename("renamed")
        calls = [lambda: list(batch.points()), lambda: batch.columns(), lambda: batch.merge(many(5)), lambda: batch.split(3), edit,
                 lambda: batch.share().encode(), lambda: batch.compact()]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            threads = [threading.Thread(target=use, args=(call,)) for call in calls]
            for thread in threads:
                thread.start()
            time.sleep(0.7)
            batch.close()
            time.sleep(0.05)
        finally:
            sys.setswitchinterval(interval)
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(unexpected, [])

    def test_a_thousand_contexts(self):
        contexts = [t.Context() for _ in range(100)]
        for context in contexts:
            context.run_once(0)
        for context in contexts:
            context.close()
        for _ in range(900):
            t.Context().close()

    def test_a_child_after_fork_is_refused(self):
        code = """if True:
            import os, sys, telemetry
            with telemetry.Sink() as sink, telemetry.Exporter(sink.endpoint_http) as exporter:
                batch = telemetry.Builder().gauge("g").point(1).finish()
                exporter.export_sync(batch, 20)
                child = os.fork()
                if child == 0:
                    refused = 0
                    for call in (lambda: exporter.export_sync(batch, 5), lambda: exporter.context.run_once(0), exporter.context.fileno,
                                 lambda: telemetry.Exporter(context=exporter.context)):
                        try:
                            call()
                        except telemetry.ForkedError:
                            refused += 1
                    own = telemetry.Builder().gauge("g").point(2).finish()
                    with telemetry.Exporter(sink.endpoint_http) as mine:
                        mine.export_sync(own, 20)
                    batch.encode()
                    exporter.close()
                    sys.exit(40 + refused)
                _, status = os.waitpid(child, 0)
                exporter.export_sync(batch, 20)
                sink.wait(points=3)
                print(os.WEXITSTATUS(status), sink.point_count)
            """
        self.assertEqual(python(code)[1].split(), ["44", "3"])

    def test_a_host_that_dies_of_sigpipe_lives(self):
        code = """if True:
            import signal, telemetry
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            b = telemetry.Builder().gauge("g")
            for i in range(20000):
                b.point(i, {"a": "text %d" % i})
            batch, told = b.finish(), []
            for protocol in ("grpc", "http/protobuf"):
                with telemetry.Sink(answers=[telemetry.Outcome.abort()] * 9) as sink:
                    endpoint = sink.endpoint_grpc if protocol == "grpc" else sink.endpoint_http
                    exporter = telemetry.Exporter(endpoint, protocol=protocol, retry=False)
                    try:
                        exporter.export_sync(batch, 60)
                    except telemetry.ExportError:
                        told.append("aborted")
                try:
                    exporter.export_sync(batch, 60)
                except telemetry.ExportError:
                    told.append("gone")
            print(*told)
            """
        self.assertEqual(python(code)[1].split(), ["aborted", "gone"] * 2)

    def test_numbers_are_the_same_in_every_locale(self):
        code = """if True:
            import locale, sys, telemetry
            try:
                locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
            except locale.Error:
                sys.exit(3)
            assert locale.format_string("%.1f", 1.5) == "1,5"
            text = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"g","gauge":{"dataPoints":[{"asDouble":1.5}]}}]}]}]}'
            batch = telemetry.Metrics.from_json(text)
            print(batch.to_json() == text, batch.columns().point_double[0])
            """
        with tempfile.TemporaryDirectory() as folder:
            variables = {}
            if shutil.which("localedef") and subprocess.run(["localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", folder + "/de_DE.UTF-8"],
                                                            stderr=subprocess.DEVNULL).returncode == 0:
                variables["LOCPATH"] = folder
            status, output, errors = python(code, check=False, **variables)
        if status == 3:
            self.skipTest("there is no locale de_DE.UTF-8")
        self.assertEqual((output, errors), ("True 1.5\n", ""))

    def test_the_interpreter_ends_quietly_with_everything_open(self):
        code = """if True:
            import asyncio, telemetry
            sink = telemetry.Sink(answers=[telemetry.Outcome.ok(delay=60)] * 3).start()
            exporter = telemetry.Exporter(sink.endpoint_http)
            batch = telemetry.Builder().gauge("g").point(1).finish()
            try:
                exporter.export_sync(batch, 0.05)
            except telemetry.DeadlineError:
                pass
            points = batch.points()
            next(points)
            context = telemetry.Context()
            receiver = telemetry.Receiver(print, http="127.0.0.1:0", context=context)
            graph = telemetry.Graph(telemetry.Config.parse("receivers: {otlp: {protocols: {grpc: }}}\\nexporters: {nop: }\\n"
                "service: {pipelines: {metrics: {receivers: [otlp], exporters: [nop]}}}"))
            plan = graph.run(batch)
            builder = telemetry.Builder().gauge("g")
            print("end")
            """
        _, output, errors = python(code, "-X", "dev", "-W", "error::ResourceWarning")
        self.assertEqual((output, errors), ("end\n", ""))

    def test_development_mode_has_nothing_to_say(self):
        code = """if True:
            import asyncio, gc, telemetry
            async def main(sink):
                asyncio.get_running_loop().slow_callback_duration = 1000  # the machine may be busy
                async with telemetry.Exporter(sink.endpoint_grpc, protocol="grpc") as exporter:
                    await asyncio.gather(*[exporter.export(telemetry.Builder().gauge("g").point(1).finish()) for _ in range(20)])
            with telemetry.Sink() as sink:
                asyncio.run(main(sink))
                print(sink.point_count)
            del sink
            gc.collect()
            """
        _, output, errors = python(code, "-X", "dev", "-W", "error::ResourceWarning")
        self.assertEqual((output, errors), ("20\n", ""))


class Libraries(unittest.TestCase):
    def test_the_core_works_alone(self):
        code = """if True:
            import telemetry
            batch = telemetry.Builder().resource({"a": 1}).gauge("g").point(1).finish()
            again = telemetry.Metrics.from_json(telemetry.Metrics.decode(batch.encode()).to_json())
            assert again == batch and len(again.columns()) == 1 and telemetry.version()
            assert ("processor", "batch") in {(c.kind, c.type) for c in telemetry.components()}
            telemetry.Config.parse("receivers: {a: }\\nexporters: {b: }\\n"
                "service: {pipelines: {metrics: {receivers: [a], exporters: [b]}}}", shape_only=True).to_yaml()
            for call in (telemetry.Context, telemetry.Exporter, lambda: telemetry.Receiver(print, http="127.0.0.1:0"),
                         lambda: telemetry.Sink().start(), lambda: telemetry.Config.parse("receivers: {}"), telemetry.libraries):
                try:
                    call()
                except telemetry.LibraryMissingError as error:
                    assert "libtelemetry-io" in str(error), error
                    assert isinstance(error, ImportError)
                else:
                    raise SystemExit("an io part was there")
            print("done")
            """
        have = t.libraries()["libtelemetry"]
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.path.realpath(have), os.path.join(folder, "libtelemetry-metrics.so.0"))
            self.assertEqual(python(code, library=folder)[1], "done\n")
            self.assertEqual(python(code, library=os.path.join(folder, "libtelemetry-metrics.so.0"))[1], "done\n")

    def test_libraries_are_found_in_prefix_linker_path_and_build_tree(self):
        code = "import telemetry; telemetry.Context().close(); print(*telemetry.libraries().values(), sep='\\n')"
        names = ("libtelemetry-metrics.so.0", "libtelemetry-metrics-io.so.0")
        have = os.path.dirname(os.path.realpath(t.libraries()["libtelemetry"]))

        def put(folder):
            os.makedirs(folder, exist_ok=True)
            for name in names:
                os.symlink(os.path.join(have, name), os.path.join(folder, name))
            return folder

        def found(package, **variables):
            lines = python(code, library="", PYTHONPATH=package, **variables)[1].splitlines()
            self.assertEqual([os.path.basename(line) for line in lines], list(names))
            return lines[0]
        with tempfile.TemporaryDirectory() as top:
            linker = put(os.path.join(top, "linker"))
            for prefix, libraries in (("usr", "usr/lib"), ("multi", "multi/lib/x86_64-linux-gnu")):
                package = os.path.join(top, prefix, "lib/python3/dist-packages")
                shutil.copytree(os.path.join(PACKAGE, "telemetry"), os.path.join(package, "telemetry"))
                folder = put(os.path.join(top, libraries))
                self.assertEqual(found(package, LD_LIBRARY_PATH=linker), os.path.join(folder, names[0]))
            tree = os.path.join(top, "tree/bindings/python")
            shutil.copytree(os.path.join(PACKAGE, "telemetry"), os.path.join(tree, "telemetry"))
            open(os.path.join(top, "tree/configure.ac"), "w").close()
            folder = put(os.path.join(top, "tree/build-test/.libs"))
            self.assertEqual(found(tree, LD_LIBRARY_PATH=linker), names[0])  # what the linker finds is not asked for twice
            # Without it the build tree is what is left, unless the machine has the library installed.
            self.assertIn(found(tree, LD_LIBRARY_PATH=""), (os.path.join(folder, names[0]), names[0]))

    def test_a_missing_library_says_where_it_was_looked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            code, _, errors = python("import telemetry; telemetry.version()", library=folder, check=False)
        self.assertEqual(code, 1)
        self.assertIn("LibraryMissingError", errors)
        self.assertIn(folder, errors)

    def test_the_public_names_are_documented(self):
        for name in t.__all__:
            if isinstance(getattr(t, name), type):
                self.assertTrue((getattr(t, name).__doc__ or "").strip(), name)

    def test_the_example_of_the_readme_runs(self):
        with open(os.path.join(PACKAGE, "README.md"), encoding="utf-8") as stream:
            example = re.search(r"```python\n(.*?)```", stream.read(), flags=re.S).group(1)
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as stream:
            self.assertIn("```python\n%s```" % example, stream.read())
        self.assertLessEqual(len(example.splitlines()), 15)
        _, output, errors = python(example, "-W", "error::ResourceWarning")
        self.assertEqual(errors, "")
        self.assertEqual(output.splitlines()[-1], "room.temperature 21.5 {'room': 'kitchen'}")
