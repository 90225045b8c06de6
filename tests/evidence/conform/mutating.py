"""Faults put into the running implementation, and taken out again.

The fault is a change of the text of one module.  The changed text is compiled, and the code of every function in it
put in place of the code of the function that there is: classes and identities stay, so that whoever imported them
before meets the fault too.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType


@contextmanager
def mutated(name: str, old: str, new: str) -> Generator[None]:
    """The module `custody_reference.NAME` with `old` replaced, which has to be there exactly once."""
    module = import_module(f"custody_reference.{name}")
    file = Path(str(module.__file__))
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{name} has {text.count(old)} places that read {old!r}")
    changed = ModuleType(module.__name__)
    changed.__dict__.update(__file__=module.__file__, __package__=module.__package__)
    known = import_module("sys").modules
    known[module.__name__] = changed
    try:
        exec(compile(text.replace(old, new), str(file), "exec", dont_inherit=True), changed.__dict__)
    finally:
        known[module.__name__] = module
    codes = dict(_functions(changed, str(file)))
    kept: list[tuple[FunctionType, CodeType]] = []
    for path, function in _functions(module, str(file)):
        other = codes.get(path)
        if other is not None and other.__code__ != function.__code__:
            kept.append((function, function.__code__))
            function.__code__ = other.__code__
    if not kept:
        raise ValueError(f"the change of {name} changes no function")
    try:
        yield
    finally:
        for function, code in kept:
            function.__code__ = code


def _functions(module: ModuleType, file: str) -> Iterator[tuple[str, FunctionType]]:
    for name, thing in vars(module).items():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == file:
            yield name, thing
        elif inspect.isclass(thing) and thing.__module__ == module.__name__:
            for attribute, member in vars(thing).items():
                function = member.fget if isinstance(member, property) else member
                if isinstance(function, FunctionType) and function.__code__.co_filename == file:
                    yield f"{name}.{attribute}", function
