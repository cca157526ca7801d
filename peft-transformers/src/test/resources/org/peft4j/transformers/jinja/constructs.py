"""Renders the templates of constructs.txt as Hugging Face transformers does, with Jinja2 itself.

Written to constructs.json: [template, text] or [template, null, class of the error]. In constructs.txt a line is a
template; "\\n" and "\\r" in it are line ends. Run it again after changing that file: python3 constructs.py (needs jinja2).
"""
import datetime
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.sandbox

VARIABLES = {
    "s": "Hello, World", "u": "a\U0001F600b\u00e9", "blank": "  x \n", "i": 7, "n": -3, "f": 2.5, "e": 1e22, "t": True, "none": None,
    "xs": [3, 1, 2], "words": ["b", "A", "c", "a"], "empty": [], "d": {"b": 1, "a": {"x": [1, None, True, 2.0]}, "items": 5},
    "people": [{"name": "Ann", "age": 3, "tags": ["x"]}, {"name": "bob", "age": 1}, {"name": "Cy", "age": 3, "tags": []}],
    "html": "<a href='x'>&\"</a>", "lines": "one\ntwo\n\nthree", "big": 12345678901234567890123, "nested": [[1, [2, [3]]], [4]],
}


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = datetime.datetime(2026, 1, 5, 9, 3, 7).strftime

here = pathlib.Path(__file__).parent
cases = []
for line in (here / "constructs.txt").read_text(encoding="utf-8").splitlines():
    if not line or line.startswith("##"):
        continue
    template = line.replace("\\n", "\n").replace("\\r", "\r").replace("\\\n", "\\n")
    try:
        cases.append([template, environment.from_string(template).render(**VARIABLES)])
    except Exception as e:
        cases.append([template, None, type(e).__name__])
with open(here / "constructs.json", "w", encoding="utf-8") as out:
    out.write('{"variables": ' + json.dumps(VARIABLES) + ', "cases": [\n')
    out.write(",\n".join(json.dumps(case) for case in cases) + "\n]}\n")
