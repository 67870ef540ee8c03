"""Parameters in TypeScript for papermill, which knows many languages, but not this one."""

import json
import re

from papermill.engines import NBClientEngine
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


class TypeScriptTranslator(Translator):
    """A parameter becomes a constant; one called PACKETWALK_... becomes a variable of the environment, as in a shell."""

    @classmethod
    def translate(cls, val):
        return json.dumps(val, ensure_ascii=False, default=str)

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}"

    @classmethod
    def assign(cls, name, str_val):
        if name.startswith("PACKETWALK_"):
            text = str_val if str_val.startswith('"') else json.dumps(str_val)
            return f"process.env.{name} = {text};"
        return f"const {name} = {str_val};"

    @classmethod
    def inspect(cls, parameters_cell):
        line = r"^(?:const|let) +([\w$]+) *(?:: *([^=;]+?))? *= *([^;\n]+);?(?: *// *(.*))?$"
        found = re.findall(line, parameters_cell["source"], re.M)
        return [Parameter(name, kind or "None", value.strip(), text) for name, kind, value, text in found]


class Engine(NBClientEngine):
    """papermill's own engine; it is here because papermill looks for engines when it starts."""


papermill_translators.register("typescript", TypeScriptTranslator)
