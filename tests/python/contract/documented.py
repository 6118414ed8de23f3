"""What TikTok documents of an endpoint, as the independent client has it. Prints it for a part of a path:

    python tests/python/contract/documented.py coupons/search

Fields are written as `ingestion.engine.columns.fields` reads them.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from typing import Any

import attrs
from tiktok_shop_api.generated import _groups, models
from tiktok_shop_api.generated._meta import OPERATIONS

Operation = dict[str, Any]


def plain(path: str) -> str:
    """A path whose placeholders have no names."""
    return re.sub(r"\{\w+\}", "{}", path)


def operation_of(method: str, path: str) -> Operation:
    """The operation with a method and a path; placeholders may have any names.

    Raises:
        LookupError: TikTok documents none.
    """
    for one in OPERATIONS:
        if (one["method"], plain(one["path"])) == (method.lower(), plain(path)):
            return one
    raise LookupError(
        f"TikTok documents no {method} {path}. Look for it: python tests/python/contract/documented.py PART_OF_PATH"
    )


def model_of(operation: Operation, kind: str = "Response") -> Any:
    """The model of an operation's answer, or of its body (`Request`); None where there is none."""
    name = operation["operationId"]
    return getattr(models, f"{name[0].upper()}{name[1:]}{kind}", None)


def part_of(field: Any) -> Any:
    """The model of what stands in a field, or in the list in it; None for texts and numbers."""
    found = (getattr(models, word, None) for word in re.findall(r"\w+", str(field.type)))
    return next((one for one in found if attrs.has(one)), None)


def fields_of(model: Any, above: tuple[Any, ...] = ()) -> str:
    """The fields of a model: `id payment{currency total} line_items[id price]`."""
    words = []
    for field in attrs.fields(model):
        if field.name == "additional_properties":
            continue
        part = part_of(field)
        left, right = "[]" if "list[" in str(field.type) else "{}"
        inner = f"{left}{fields_of(part, (*above, model))}{right}" if part and part not in above else ""
        # A field that is a word of Python ends in `_` there.
        words.append(field.name.rstrip("_") + inner)
    return " ".join(words)


def parameters_of(operation: Operation) -> str:
    """The names of an operation's parameters in path and query."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation["operationId"]).lower()
    method = next(found for group in vars(_groups).values() if (found := getattr(group, name, None)))
    return " ".join(one for one in inspect.signature(method).parameters if one not in ("self", "body"))


def shown(operation: Operation) -> str:
    """An operation for people."""
    body, answer = model_of(operation, "Request"), model_of(operation)
    data = next((part_of(one) for one in attrs.fields(answer) if one.name == "data"), None)
    lists = [part_of(one) for one in attrs.fields(data) if "list[" in str(one.type)] if data else []
    parts = {
        "parameters": parameters_of(operation),
        "body": fields_of(body) if body else "",
        "data": fields_of(data) if data else "",
    }
    lines = [
        textwrap.fill(f"{name}: {text}", 110, subsequent_indent="    ", break_on_hyphens=False)
        for name, text in parts.items()
        if text
    ]
    explained = [
        f'python -c "from tiktok_shop_api.generated import models; help(models.{one.__name__})"'
        for one in lists or [data]
        if one
    ]
    return "\n".join([f"{operation['method'].upper()} {operation['path']}", *lines, *explained])


def found(part: str) -> str:
    """What is documented of the path, or of the only one with this part; the paths where there are several."""
    operations = [one for one in OPERATIONS if part.strip("/") in one["path"]]
    exact = [one for one in operations if one["path"].strip("/") == part.strip("/")]
    if exact or len(operations) == 1:
        return "\n\n".join(map(shown, exact or operations))
    paths = [f"{one['method'].upper()} {one['path']}" for one in operations]
    return "\n".join(paths) or f"TikTok documents no path with {part} in it."


if __name__ == "__main__":
    print(found(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
