# SPDX-License-Identifier: Apache-2.0
"""The generated part is what the C headers say."""
import ast
import ctypes
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

from support import PACKAGE, TOP
from telemetry import _abi


def generate(*options):
    return subprocess.run([sys.executable, os.path.join(PACKAGE, "generate.py"), *options], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True)


class Abi(unittest.TestCase):
    def test_the_generated_file_is_up_to_date(self):
        done = generate("--check")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_structs_enums_and_initial_values_are_those_of_the_c_compiler(self):
        cc = shlex.split(os.environ.get("CC") or "cc")
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "layout.c"), os.path.join(folder, "layout")
            with open(source, "w", encoding="utf-8") as stream:
                stream.write(generate("--layout").stdout)
            subprocess.run([*cc, "-Wall", "-Werror", "-I", os.path.join(TOP, "include"), source, "-o", program], check=True)
            lines = subprocess.run([program], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout.splitlines()
        wanted, got = {}, {}
        for line in lines:
            name, *rest = line.rsplit(" ", 1) if line.startswith("init ") else line.split()
            wanted[name] = rest if line.startswith("init ") else [int(n) for n in rest]
        for struct in _abi.STRUCTS:
            got[struct.__name__] = [ctypes.sizeof(struct)]
            for name, *_ in struct._fields_:
                member = getattr(struct, name)
                got["%s.%s" % (struct.__name__, name)] = [member.offset, member.size]
        enums = [kind for kind in vars(_abi).values() if isinstance(kind, type) and issubclass(kind, _abi.IntEnum) and kind is not _abi.IntEnum]
        for name, value in [*vars(_abi).items(), *[(member.name, int(member)) for kind in enums for member in kind]]:
            if name.startswith("TEL_"):
                got[name] = [value]
        for struct in _abi.INITIAL:
            got["init " + struct] = [bytes(_abi.init(getattr(_abi, struct))).hex()]
        forced = {name for name in wanted if name.endswith("_FORCE32")}
        self.assertEqual(got, {name: value for name, value in wanted.items() if name not in forced})
        self.assertGreater(len(_abi.STRUCTS), 35)
        self.assertEqual({tuple(wanted[name]) for name in forced}, {(0x7fffffff,)})

    def test_the_generator_refuses_what_it_does_not_understand(self):
        sys.path.insert(0, PACKAGE)
        import generate as generator
        for text, complaint in (("typedef long tel_thing;", "typedef"), ("typedef struct a { unsigned int x; } a;", "fixed-width"),
                                ("tel_err f(int @);", "cannot read")):
            with self.assertRaisesRegex(SyntaxError, complaint):
                generator.Parser(text).parse()
        with self.assertRaisesRegex(SyntaxError, "unknown type"):
            parser = generator.Parser("void tel_f(long x);").parse()
            generator.Emitter(parser, {}).ctype(parser.functions["tel_f"][1][0][1])

    def test_every_function_is_in_the_libraries(self):
        from telemetry._library import core, io
        for functions, names in ((core, _abi.CORE), (io, _abi.IO)):
            for name in names:
                self.assertTrue(callable(getattr(functions, name)), name)

    def test_the_sources_are_python_39(self):
        folder = os.path.join(PACKAGE, "telemetry")
        names = [name for name in os.listdir(folder) if name.endswith(".py")]
        self.assertGreater(len(names), 10)
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                ast.parse(stream.read(), name, feature_version=(3, 9))

    def test_mypy_strict_passes(self):
        cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
        pythons = [sys.executable, os.path.join(cache, "libtelemetry-python/bin/python")]  # mode sdks makes that one
        for python in pythons:
            if os.path.exists(python) and subprocess.run([python, "-c", "import mypy"], stderr=subprocess.DEVNULL).returncode == 0:
                break
        else:
            self.skipTest("mypy is not installed")
        with open(os.path.join(PACKAGE, "README.md"), encoding="utf-8") as stream:
            example = re.search(r"```python\n(.*?)```", stream.read(), flags=re.S).group(1).replace("def main():", "def main() -> None:")
        with tempfile.TemporaryDirectory() as folder:
            user = os.path.join(folder, "user.py")
            with open(user, "w", encoding="utf-8") as stream:
                stream.write(example)
            done = subprocess.run([python, "-m", "mypy", "--strict", "--cache-dir", folder, os.path.join(PACKAGE, "telemetry"), user],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, cwd=folder,
                                  env=dict(os.environ, MYPYPATH=PACKAGE))
        self.assertEqual(done.returncode, 0, done.stdout)
