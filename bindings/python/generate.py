#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes telemetry/_abi.py from the public headers: constants, enums, structs and prototypes for ctypes.

  generate.py             writes the file when its content changed
  generate.py --check     says whether the file is up to date
  generate.py --layout    prints a C program that prints the layout of every struct and the value of every constant

The preprocessor ($CC -E) expands the headers; the C of the house (typedef, enum, struct, union, prototypes) is parsed
here. What is not understood is an error, never left out.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
HEADERS = os.path.join(TOP, "include", "telemetry")
OUT = os.path.join(HERE, "telemetry", "_abi.py")
SCALARS = {
    "bool": "c_bool", "char": "c_char", "int": "c_int", "unsigned": "c_uint", "double": "c_double", "size_t": "c_size_t",
    "int8_t": "c_int8", "int16_t": "c_int16", "int32_t": "c_int32", "int64_t": "c_int64",
    "uint8_t": "c_uint8", "uint16_t": "c_uint16", "uint32_t": "c_uint32", "uint64_t": "c_uint64"}
LIMITS = {"UINT64_MAX": 2**64 - 1, "UINT32_MAX": 2**32 - 1, "SIZE_MAX": 2**64 - 1, "NULL": 0, "true": 1, "false": 0}
TOKEN = re.compile(r'\s*(0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|[A-Za-z_]\w*|"(?:[^"\\]|\\.)*"|\.\.\.|<<|[{}()\[\]*,;=.\-+&<>:])')


class Type:
    """A name of C with its stars, an array of it, or a pointer to a function."""

    def __init__(self, name, stars=0, const=False, array=None, function=None):
        self.name, self.stars, self.const, self.array, self.function = name, stars, const, array, function


class Parser:
    """The declarations of the preprocessed headers."""

    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise SyntaxError("cannot read: %s" % text[at:at + 60])
            self.tokens.append(found.group(1))
            at = found.end()
        self.at = 0
        self.enums, self.constants = {}, {}           # {name: {member: value}}, {name: value}
        self.structs, self.opaque, self.functions = {}, [], {}

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.peek()
        if wanted is not None and token != wanted:
            raise SyntaxError("'%s' instead of '%s' in: %s" % (token, wanted, self.around()))
        self.at += 1
        return token

    def around(self):
        return " ".join(self.tokens[max(0, self.at - 12):self.at + 6])

    def skip_attributes(self):
        while self.peek() in ("__attribute__", "__extension__", "extern"):
            if self.take() == "__attribute__":
                depth = 0
                while True:
                    depth += {"(": 1, ")": -1}.get(self.take(), 0)
                    if depth == 0:
                        break

    def parse(self):
        while self.peek() is not None:
            self.skip_attributes()
            if self.peek() == "typedef":
                self.typedef()
            elif self.peek() == "enum":
                self.take()
                self.constants.update(self.enum_body())
                self.take(";")
            else:
                self.prototype()
        return self

    def enum_body(self):
        self.take("{")
        members, value = {}, -1
        while self.peek() != "}":
            name = self.take()
            value += 1
            if self.peek() == "=":
                self.take()
                value = self.number()
            members[name] = value
            if self.peek() == ",":
                self.take()
        self.take("}")
        return members

    def number(self):
        sign = -1 if self.peek() == "-" else 1
        if sign < 0:
            self.take()
        value = sign * int(self.take().rstrip("uUlL"), 0)
        if self.peek() == "<<":
            self.take()
            value <<= self.number()
        return value

    def typedef(self):
        self.take("typedef")
        kind, tag = self.take(), self.take()
        if kind == "enum":
            self.enums[tag] = self.enum_body()
        elif kind == "struct" and self.peek() == "{":
            self.structs[tag] = self.struct_body(tag)
        elif kind == "struct":
            self.opaque.append(tag)
        else:
            raise SyntaxError("a typedef of %s: %s" % (kind, self.around()))
        self.take(tag)
        self.take(";")

    def struct_body(self, owner):
        self.take("{")
        fields = []
        while self.peek() != "}":
            if self.peek() in ("union", "struct") and self.peek(1) == "{":
                kind = self.take()
                body = self.struct_body(owner)
                name = self.take()
                inner = "%s_%s" % (owner, name)
                self.structs[inner] = (kind, owner, name, body[3])
                fields.append((name, Type(inner)))
            else:
                name, kind = self.declarator()
                fields.append((name, kind))
            self.take(";")
        self.take("}")
        return ("struct", None, None, fields)

    def base(self):
        const = False
        while self.peek() in ("const", "struct", "unsigned") and self.peek(1) not in ("*", ")", ","):
            if self.take() == "const":
                const = True
            elif self.tokens[self.at - 1] == "unsigned":
                if self.peek() in ("int", "char", "long"):
                    raise SyntaxError("write a fixed-width type: %s" % self.around())
                return "unsigned", const
        return self.take(), const

    def declarator(self):
        """(name or None, Type): a member, a parameter, or a function that returns."""
        name, const = self.base()
        stars = 0
        while self.peek() in ("*", "const"):
            stars += self.take() == "*"
        if self.peek() == "(":                        # result (*name)(parameters)
            self.take()
            self.take("*")
            while self.peek() == "const":
                self.take()
            label = self.take()
            self.take(")")
            return label, Type("", function=(Type(name, stars, const), [kind for _, kind in self.parameters()]))
        label = self.take() if re.match(r"[A-Za-z_]", self.peek() or "") else None
        array = None
        if self.peek() == "[":
            self.take()
            array = self.number()
            self.take("]")
        return label, Type(name, stars, const, array)

    def parameters(self):
        self.take("(")
        found = []
        if self.peek() == "void" and self.peek(1) == ")":
            self.take()
        while self.peek() != ")":
            found.append(self.declarator())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return found

    def prototype(self):
        name, result = self.declarator()
        parameters = self.parameters()
        self.skip_attributes()
        self.take(";")
        self.functions[name] = (result, parameters)


def preprocess(*options):
    """The headers without the system's, whose type names stay as they are."""
    cc = shlex.split(os.environ.get("CC") or "cc")
    names = sorted(name for name in os.listdir(HEADERS) if name.endswith(".h"))
    with tempfile.TemporaryDirectory() as empty:
        for name in ("stdbool.h", "stddef.h", "stdint.h"):
            open(os.path.join(empty, name), "w").close()
        source = "".join("#include <telemetry/%s>\n" % name for name in names)
        done = subprocess.run(cc + ["-E", "-P", "-nostdinc", "-I", empty, "-I", os.path.dirname(HEADERS), *options, "-xc", "-"],
                              input=source, stdout=subprocess.PIPE, universal_newlines=True, check=True)
    return done.stdout


def read():
    parser = Parser(preprocess()).parse()
    inits = {}
    for line in preprocess("-dM").splitlines():
        found = re.match(r"#define (TEL_\w+) (.*)", line)
        if not found:
            continue
        name, text = found.groups()
        if re.match(r"-?(0x[0-9a-fA-F]+|\d+)[uUlL]*$", text):
            parser.constants[name] = int(text.rstrip("uUlL"), 0)
        elif name.endswith("_INIT"):
            struct = re.search(r"sizeof\((\w+)\)", text).group(1)
            inits[struct] = (name, initial(parser, struct, text))
    everything = set(re.findall(r"^typedef struct (\w+) \{", headers_text(), flags=re.M))
    missing = everything ^ {name for name, body in parser.structs.items() if not body[1]}
    if missing:
        raise SyntaxError("structs that were not understood: %s" % ", ".join(sorted(missing)))
    return parser, inits


def headers_text():
    text = ""
    for name in sorted(os.listdir(HEADERS)):
        if name.endswith(".h"):
            with open(os.path.join(HEADERS, name), encoding="utf-8") as stream:
                text += stream.read()
    return text


def initial(parser, struct, text):
    """{member: value} of an INIT macro for what is neither zero nor the size."""
    tokens = [t for t in TOKEN.findall(text)]
    found, fields = {}, [name for name, _ in parser.structs[struct][3]]
    depth, position, part = 0, 0, []
    for token in tokens:
        if token == "}" and depth == 1 or token == "," and depth == 1:
            put_initial(parser, found, fields[position] if position < len(fields) else None, part)
            position, part = position + 1, []
        elif not (token == "{" and depth == 0):
            part.append(token)
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(token, 0)
    return found


def put_initial(parser, found, field, part):
    if part[:1] == ["."]:                             # .size = sizeof(...)
        field, part = part[1], part[3:]
    if not part or part[0] == "sizeof":
        return
    values = [value_of(parser, token) for token in part if token not in "{},"]
    if len(values) == 1 and values[0]:
        found[field] = values[0]
    elif any(values):
        member = {k: v for k, v in zip(struct_of(parser, field), values) if v}
        found[field] = member


def struct_of(parser, field):
    """Members of the only struct type that a member of that name has."""
    for _, _, _, fields in parser.structs.values():
        for name, kind in fields:
            if name == field and kind.name in parser.structs:
                return [member for member, _ in parser.structs[kind.name][3]]
    raise SyntaxError("no struct for the initial value of %s" % field)


def value_of(parser, token):
    if token in LIMITS:
        return LIMITS[token]
    for members in [parser.constants, *parser.enums.values()]:
        if token in members:
            return members[token]
    return int(token.rstrip("uUlL"), 0)


class Emitter:
    def __init__(self, parser, inits):
        self.p, self.inits = parser, inits

    def ctype(self, kind, member=False, result=False, callback=False):
        """The ctypes expression of a type; member: of a struct; callback: result of a function that Python gives."""
        if kind.function:
            back, parameters = kind.function
            given = [self.ctype(p, callback=True) for p in parameters]
            return "CFUNCTYPE(%s)" % ", ".join([self.ctype(back, result=True, callback=True), *given])
        name, stars = kind.name, kind.stars
        if kind.array is not None:
            return "%s * %d" % (self.plain(name), kind.array)
        if stars == 0:
            return "None" if name == "void" else self.plain(name)
        if name == "char" and stars == 1:
            return "c_void_p" if member or (result and callback) else "c_char_p"
        if name == "uint8_t" and stars == 1 and kind.const and not member:
            return "c_char_p"
        if name == "void" or name in self.p.opaque:
            return "c_void_p" if stars == 1 else "POINTER(c_void_p)"
        if stars == 1:
            return "POINTER(%s)" % self.plain(name)
        raise SyntaxError("a pointer to a pointer to %s" % name)

    def plain(self, name):
        if name in SCALARS:
            return SCALARS[name]
        if name in self.p.enums:
            return "c_int32"
        if name in self.p.structs:
            return name
        raise SyntaxError("unknown type %s" % name)

    def write(self):
        lines = ["# SPDX-License-Identifier: Apache-2.0",
                 '"""Made by bindings/python/generate.py from include/telemetry; not to be edited."""',
                 "from ctypes import CFUNCTYPE, POINTER, Structure, Union, c_bool, c_char, c_char_p, c_double, c_int, c_int32, c_int64, \\",
                 "    c_size_t, c_uint, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p, sizeof",
                 "from enum import IntEnum",
                 "from typing import Any, Dict, List, Tuple, Type, TypeVar", ""]
        for name in sorted(self.p.constants):
            lines.append("%s = %d" % (name, self.p.constants[name]))
        for name, members in self.p.enums.items():
            lines += ["", "", "class %s(IntEnum):" % name]
            lines += ["    %s = %d" % item for item in members.items() if not item[0].endswith("_FORCE32")]
        for name, (kind, owner, _, _) in self.p.structs.items():
            lines += ["", "", "class %s(%s):" % (name, "Union" if kind == "union" else "Structure"), "    pass"]
        lines += ["", ""]
        for name, (_, _, _, fields) in self.p.structs.items():
            lines.append("%s._fields_ = [" % name)
            lines += ['    ("%s", %s),' % (field, self.ctype(kind, member=True)) for field, kind in fields]
            lines.append("]")
        lines += ["", "STRUCTS: List[Any] = ["] + ["    %s," % name for name in self.p.structs] + ["]"]
        lines += ["INITIAL: Dict[str, Dict[str, Any]] = {"]
        lines += ['    "%s": %s,' % (struct, json.dumps(values)) for struct, (_, values) in sorted(self.inits.items())]
        lines += ["}", "_S = TypeVar(\"_S\", bound=Structure)", "", "",
                  "def init(kind: Type[_S]) -> _S:",
                  '    """A struct as its TEL_..._INIT macro makes it."""',
                  "    value = kind()",
                  "    for name, initial in INITIAL[kind.__name__].items():",
                  "        if isinstance(initial, dict):",
                  "            for member, number in initial.items():",
                  "                setattr(getattr(value, name), member, number)",
                  "        else:",
                  "            setattr(value, name, initial)",
                  '    setattr(value, "size", sizeof(kind))',
                  "    return value", "", "",
                  "def member(kind: Any, name: str) -> Any:",
                  '    """The type of a member."""',
                  "    return dict(kind._fields_)[name]", "", ""]
        homes = {"CORE": public("libtelemetry.map"), "IO": public("libtelemetry-io.map")}
        for home, names in homes.items():
            lines += ["%s: Dict[str, Tuple[Any, List[Any]]] = {" % home]
            for name in sorted(set(self.p.functions) & names):
                result, parameters = self.p.functions[name]
                kinds = [self.ctype(kind) for _, kind in parameters]
                lines.append('    "%s": (%s, [%s]),' % (name, self.ctype(result, result=True), ", ".join(kinds)))
            lines.append("}")
        lost = set(self.p.functions) - homes["CORE"] - homes["IO"]
        if lost:
            raise SyntaxError("in no version map: %s" % ", ".join(sorted(lost)))
        return "\n".join(lines) + "\n"

    def layout(self):
        lines = ["#include <stddef.h>", "#include <stdio.h>"]
        lines += ["#include <telemetry/%s>" % name for name in sorted(os.listdir(HEADERS)) if name.endswith(".h")]
        lines += ["static void hex(const char *name, const void *p, size_t n)", "{", '\tprintf("init %s ", name);',
                  "\tfor (size_t i = 0; i < n; i++)", '\t\tprintf("%02x", ((const unsigned char *)p)[i]);', '\tprintf("\\n");', "}",
                  "int main(void)", "{"]
        for name, (kind, owner, member, fields) in self.p.structs.items():
            c = "((%s *)NULL)->%s" % (owner, member) if owner else "%s" % name
            lines.append('\tprintf("%s %%zu\\n", sizeof(%s));' % (name, c))
            for field, _ in fields:
                at = "offsetof(%s, %s%s)" % (owner or name, member + "." if owner else "", field)
                at += " - offsetof(%s, %s)" % (owner, member) if owner else ""
                size = "sizeof(%s.%s)" % (c, field) if owner else "sizeof(((%s *)NULL)->%s)" % (name, field)
                lines.append('\tprintf("%s.%s %%zu %%zu\\n", %s, %s);' % (name, field, at, size))
        for members in [self.p.constants, *self.p.enums.values()]:
            lines += ['\tprintf("%s %%lld\\n", (long long)%s);' % (name, name) for name in members]
        for struct, (macro, _) in self.inits.items():
            lines += ["\t{", "\t\tstatic const %s value = %s;" % (struct, macro),
                      '\t\thex("%s", &value, sizeof(value));' % struct, "\t}"]
        return "\n".join(lines + ["\treturn 0;", "}"]) + "\n"


def public(name):
    with open(os.path.join(TOP, "lib", name), encoding="utf-8") as stream:
        text = re.sub(r"/\*.*?\*/", "", stream.read(), flags=re.S)
    return set(re.findall(r"\b(tel_[a-z0-9_]+)\s*;", text))


def main():
    emitter = Emitter(*read())
    if sys.argv[1:] == ["--layout"]:
        sys.stdout.write(emitter.layout())
        return 0
    wanted = emitter.write()
    try:
        with open(OUT, encoding="utf-8") as stream:
            have = stream.read()
    except FileNotFoundError:
        have = ""
    if sys.argv[1:] == ["--check"]:
        if wanted != have:
            print("telemetry/_abi.py is not what the headers say: run bindings/python/generate.py and commit it")
        return int(wanted != have)
    if sys.argv[1:]:
        sys.exit(__doc__)
    if wanted != have:
        with open("%s.%d" % (OUT, os.getpid()), "w", encoding="utf-8") as stream:
            stream.write(wanted)
        os.replace(stream.name, OUT)
        print("generate.py: telemetry/_abi.py follows the headers; commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
