"""Builds every event of a file with the classes of the package openlineage-python.

    python tests/oracle/openlineage_events.py EVENTS

EVENTS has one JSON object a line. Each must be a RunEvent of the package's version of the specification: no key that its
class does not have, none missing that it must have, values of the types that the class declares, every facet of the class
that its `_schemaURL` names, under the key that the specification gives it. The package's own validators run as well (UUIDs,
times, URIs). Each run must have a START event, then one that ends it. Prints how many events there are; ends with 1 at the
first that is wrong.
"""

import enum
import importlib
import json
import pkgutil
import sys
import types
import typing

import attr
import openlineage.client.generated as generated
from openlineage.client.generated import base

FACETS = {
    "nominalTime": "NominalTimeRunFacet",
    "parent": "ParentRunFacet",
    "errorMessage": "ErrorMessageRunFacet",
    "processing_engine": "ProcessingEngineRunFacet",
    "jobType": "JobTypeJobFacet",
    "schema": "SchemaDatasetFacet",
    "version": "DatasetVersionDatasetFacet",
    "symlinks": "SymlinksDatasetFacet",
    "inputStatistics": "InputStatisticsInputDatasetFacet",
    "outputStatistics": "OutputStatisticsOutputDatasetFacet",
}

CLASSES = {}
for found in pkgutil.iter_modules(generated.__path__):
    module = importlib.import_module(f"{generated.__name__}.{found.name}")
    CLASSES.update({name: value for name, value in vars(module).items() if attr.has(value)})


class Wrong(Exception):
    """What is wrong, and where."""


def hints(cls):
    """Types of a class's fields, with names of any generated module."""
    return typing.get_type_hints(cls, localns={**CLASSES, **vars(sys.modules[cls.__module__])})


def facet(key, value, kind, place):
    name = FACETS.get(key)
    if name is None:
        raise Wrong(f"{place}: no facet is known by this key")
    cls = CLASSES[name]
    if not issubclass(cls, kind):
        raise Wrong(f"{place}: {name} is no {kind.__name__}")
    return build(cls, value, place)


def typed(wanted, value, place):
    """The value as its type has it."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in arguments if option is not type(None)]
        if value is None:
            raise Wrong(f"{place}: null")
        return typed(options[0], value, place)
    if origin is list:
        if not isinstance(value, list):
            raise Wrong(f"{place}: no list")
        return [typed(arguments[0], item, f"{place}[{at}]") for at, item in enumerate(value)]
    if origin is dict:
        kind = arguments[1]
        return {key: facet(key, item, kind, f"{place}.{key}") for key, item in value.items()}
    if attr.has(wanted):
        return build(wanted, value, place)
    if issubclass(wanted, enum.Enum):
        return wanted(value)
    if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
        raise Wrong(f"{place}: {value!r} is no {wanted.__name__}")
    return value


def build(cls, value, place):
    """An instance of a class, from JSON."""
    if not isinstance(value, dict):
        raise Wrong(f"{place}: no object")
    fields, wanted, arguments = attr.fields_dict(cls), hints(cls), {}
    for key in value:
        if key not in fields:
            raise Wrong(f"{place}: {cls.__name__} has no `{key}`")
    for name, field in fields.items():
        if field.init is False:
            # The address of the schema, which the package knows itself.
            if value.get(name) != cls._get_schema():
                raise Wrong(f"{place}.{name}: {value.get(name)!r} instead of {cls._get_schema()!r}")
        elif name in value:
            arguments[field.alias] = typed(wanted[name], value[name], f"{place}.{name}")
        elif field.default is attr.NOTHING:
            raise Wrong(f"{place}: `{name}` is missing")
    return cls(**arguments)


def main(path):
    open_runs, count = {}, 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            event = build(base.RunEvent, json.loads(line), f"line {number}")
            if not event.producer:
                raise Wrong(f"line {number}: no producer")
            run, kind = event.run.runId, event.eventType.value
            if (kind == "START") == (run in open_runs):
                raise Wrong(f"line {number}: {kind} of run {run} out of its order")
            if kind == "START":
                open_runs[run] = number
            else:
                del open_runs[run]
            count += 1
    if open_runs:
        raise Wrong(f"runs that never end: {open_runs}")
    print(f"{count} events")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (Wrong, TypeError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
