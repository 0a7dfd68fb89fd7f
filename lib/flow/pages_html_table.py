# SPDX-License-Identifier: Apache-2.0
# Writes pages_html_table.h from the files in pages/: python3 pages_html_table.py > pages_html_table.h
# One file per page with everything in it; the security policy allows exactly these styles and scripts, by their hashes.
import base64
import hashlib
import os

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pages")
VIEWS = (("index", "Overview"), ("pipelines", "Pipelines"), ("queues", "Queues"))


def text(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        content = f.read()
    first, rest = content.split("\n", 1)
    return rest if "SPDX" in first else content  # the page has one licence line of its own


def digest(content):
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


def literal(line):
    out = ""
    for byte in line.encode():
        char = chr(byte)
        out += {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "?": "\\?"}.get(
            char, char if 32 <= byte < 127 else "\\%03o" % byte)
    return f'\t"{out}"'


style = text("style.css")
scripts = {name: text("common.js") + text(name + ".js") for name, _ in VIEWS}
print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by pages_html_table.py from lib/flow/pages. */")
print("#ifndef TEL_FLOW_PAGES_HTML_TABLE_H\n#define TEL_FLOW_PAGES_HTML_TABLE_H\n#include <stddef.h>\n")
print("typedef struct tel__page_html {\n\tconst char *text;\n\tsize_t len;\n} tel__page_html;\n")
print("#define TEL__PAGES_SECURITY_POLICY \\")
print("\t\"default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \" \\")
print("\t\"frame-ancestors 'none'; style-src " + digest(style) + "; \" \\")
print("\t\"script-src\" \\\n" + " \\\n".join('\t" ' + digest(script) + '"' for script in scripts.values()))
for name, title in VIEWS:
    page = text("page.html").replace("@TITLE@", title).replace("@STYLE@", style).replace("@BODY@", text(name + ".html"))
    page = page.replace("@SCRIPT@", scripts[name])
    print(f"\nstatic const char tel__page_html_{name}_text[] =")
    print("\n".join(literal(line) for line in page.splitlines(keepends=True)) + ";")
    print(f"static const tel__page_html tel__page_html_{name} = {{ tel__page_html_{name}_text,")
    print(f"\t                                                   sizeof(tel__page_html_{name}_text) - 1 }};")
print("#endif")
