"""As much of JSON Schema as the schemas in these tests use; a keyword that it does not know is an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_SILENT = frozenset({"$schema", "title", "$defs"})


def complaints(document: object, schema_file: Path) -> list[str]:
    """Every way in which the document does not fit the schema."""
    schema = cast(dict[str, Any], json.loads(schema_file.read_text(encoding="utf-8")))
    return list(_check(document, schema, schema, "$"))


def _check(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str) -> Iterator[str]:
    for keyword, wanted in schema.items():
        match keyword:
            case "$ref":
                yield from _check(value, root["$defs"][wanted.rpartition("/")[2]], root, path)
            case "type":
                names = [wanted] if isinstance(wanted, str) else cast(list[str], wanted)
                if not any(_has_type(value, name) for name in names):
                    yield f"{path}: {value!r} is not {names}"
            case "enum":
                if value not in wanted:
                    yield f"{path}: {value!r} is none of {wanted}"
            case "required":
                yield from (f"{path}: {name} is missing" for name in wanted if name not in value)
            case "properties":
                for name, below in wanted.items():
                    if name in value:
                        yield from _check(value[name], below, root, f"{path}.{name}")
            case "additionalProperties":
                for name in set(value) - set(schema.get("properties", {})):
                    yield from _check(value[name], wanted, root, f"{path}.{name}")
            case "items":
                for number, item in enumerate(value):
                    yield from _check(item, wanted, root, f"{path}[{number}]")
            case "minItems" | "maxItems":
                if len(value) < wanted if keyword == "minItems" else len(value) > wanted:
                    yield f"{path}: {len(value)} items"
            case "anyOf":
                if all(list(_check(value, option, root, path)) for option in wanted):
                    yield f"{path}: {value!r} fits none of the alternatives"
            case _:
                if keyword not in _SILENT:
                    raise ValueError(f"unknown keyword {keyword}")


def _has_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])
