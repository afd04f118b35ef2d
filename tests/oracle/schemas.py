"""Holds YAML files against JSON Schemas with the package `jsonschema`, as an editor does.

Standard input: a JSON list of {"name", "schema": path, "text", "valid": bool}. Prints each file of which the schema says something else
than `valid`, and how many files were held against one. The texts are read by PyYAML with the scalars of YAML 1.2's core schema, which is what
editors' language servers read: `2018-01-01` is text, `yes` is text, and a comma in braces cuts `decimal(12,2)`.
"""

import json
import re
import sys

import jsonschema
import yaml


class Core(yaml.SafeLoader):
    """YAML 1.2, core schema."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+.123456789") + ["0"]),
]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


def plain(value):
    """The same with texts as keys, as JSON has them."""
    if isinstance(value, dict):
        return {"null" if key is None else str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


validators = {}
for case in (cases := json.load(sys.stdin)):
    path = case["schema"]
    if path not in validators:
        with open(path, encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft7Validator.check_schema(schema)
        validators[path] = jsonschema.Draft7Validator(schema)
    # PyYAML reads YAML 1.1, in which a `?` within brackets is a sign and no letter.
    text = case["text"].replace("??", "xx")
    tree = plain(yaml.load(text, Core))
    errors = list(validators[path].iter_errors(tree))
    if bool(errors) == case["valid"]:
        said = "; ".join(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors) or "valid"
        print(f"{case['name']}: {said}")
print(f"{len(cases)} files")
