"""Renders every template for every conversation as Hugging Face's apply_chat_template does, with Jinja2 itself.

Written to expected.json: template -> conversation -> [without, with generation prompt]; {"error": text} where the
template refuses. Run it again after changing a template: python3 render.py (needs jinja2).
"""
import datetime
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """The block that marks what an assistant says; here it changes nothing."""

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
environment.globals["strftime_now"] = datetime.datetime.now().strftime

here = pathlib.Path(__file__).parent
conversations = json.loads((here / "conversations.json").read_text(encoding="utf-8"))
expected = {}
for path in sorted(here.glob("*.jinja")):
    template = environment.from_string(path.read_text(encoding="utf-8"))
    results = expected[path.stem] = {}
    for name, messages in conversations.items():
        try:
            results[name] = [
                template.render(messages=messages, bos_token="<s>", eos_token="</s>", add_generation_prompt=prompt)
                for prompt in (False, True)
            ]
        except jinja2.exceptions.TemplateError as e:
            results[name] = {"error": str(e)}
text = json.dumps(expected, ensure_ascii=False, indent=1)
(here / "expected.json").write_text(text + "\n", encoding="utf-8")
