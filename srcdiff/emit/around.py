"""What a generated function needs around it: imports, helpers, user objects, other functions; and
constants as expressions, some of which are such objects.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import math
import re
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.ir.core import NEVER, UNDEFINED
from srcdiff.ops import runtime
from srcdiff.ops.python import Callee

Expr = ast.expr


def name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def call(function: Expr, *args: Expr, **keywords: Expr) -> ast.Call:
    return ast.Call(function, list(args), [ast.keyword(k, v) for k, v in keywords.items()])


def attribute(owner: Expr, text: str) -> ast.Attribute:
    return ast.Attribute(owner, text, ast.Load())


@dataclass
class Around:
    """The global names of a module of generated code; none of them is one of `avoid`."""

    avoid: frozenset[str] = frozenset()
    imports: set[str] = field(default_factory=set)
    helpers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    callees: dict[str, Callee] = field(default_factory=dict)

    def names(self) -> set[str]:
        """All global names so far."""
        modules = {line.split()[-1].split(".")[0] for line in self.imports}
        helpers = {n for helper in self.helpers.values() for n in _with_helpers({"": helper})}
        return modules | helpers | set(self.helpers) | set(self.constants) | set(self.callees)

    def builtin(self, text: str) -> Expr:
        if text not in self.avoid:
            return name(text)
        return self.dotted(f"builtins.{text}")

    def dotted(self, path: str) -> Expr:
        """np.linalg.inv and the like."""
        first, *rest = path.split(".")
        if not rest:
            return self.builtin(first)
        module = {"np": "numpy"}.get(first, first)
        if first not in self.avoid:
            line = "import numpy as np" if first == "np" else f"import {module}"
        else:
            first = next(t for k in range(9) if (t := f"{module}{'_' * k}") not in self.avoid)
            line = f"import {module}" if first == module else f"import {module} as {first}"
        self.imports.add(line)
        node: Expr = name(first)
        for part in rest:
            node = attribute(node, part)
        return node

    def enter(self, table: dict[str, Any], base: str, value: Any) -> Expr:
        """A global name for an object, the base or the base with a number."""
        text, number = base, 0
        while text in self.avoid or any(
            other.get(text, value) is not value or (other is not table and text in other)
            for other in (self.helpers, self.constants, self.callees)
        ):
            number += 1
            text = f"{base}_{number}"
        table[text] = value
        return name(text)

    def helper(self, function: Callable[..., Any]) -> Expr:
        """A run-time helper, whose source goes in front."""
        return self.enter(self.helpers, function.__name__, function)

    def callee(self, callee: Callee) -> Expr:
        """Another generated function, which goes in front."""
        return self.enter(self.callees, callee.name, callee)

    def constant(self, value: Any) -> Expr:
        """An object of the user's, by name."""
        base = getattr(value, "__name__", "")
        return self.enter(self.constants, base if base.isidentifier() else "constant", value)

    # --- constants ---

    def literal(self, value: Any) -> Expr:
        """A constant as an expression."""
        if value is UNDEFINED or value is NEVER:
            return ast.Constant(None)
        if type(value) in (bool, str, bytes, type(None), type(Ellipsis)):
            return ast.Constant(value)
        if type(value) in (int, float, complex):
            return self.number(value)
        if isinstance(value, np.generic):
            dtype = {"bool": "bool_"}.get(value.dtype.name, value.dtype.name)
            return call(self.dotted(f"np.{dtype}"), self.literal(value.item()))
        if isinstance(value, np.dtype):
            return ast.Constant(value.name)
        if type(value) in (tuple, list, dict, slice, range):
            return self.display(value)
        return self.reference(value)

    def display(self, value: Any) -> Expr:
        """A structure of constants."""
        if isinstance(value, dict):
            return ast.Dict(
                [self.literal(k) for k in value], [self.literal(v) for v in value.values()]
            )
        if isinstance(value, (slice, range)):
            bounds = (value.start, value.stop, value.step)
            return call(self.builtin(type(value).__name__), *(self.literal(b) for b in bounds))
        node = ast.Tuple if isinstance(value, tuple) else ast.List
        return node([self.literal(v) for v in value], ast.Load())

    def number(self, value: int | float | complex) -> Expr:
        if isinstance(value, complex):
            if not value.real and math.copysign(1.0, value.real) > 0 and math.isfinite(value.imag):
                return _signed(ast.Constant(abs(value.imag) * 1j), value.imag)
            return call(self.builtin("complex"), self.number(value.real), self.number(value.imag))
        if isinstance(value, float) and not math.isfinite(value):
            return _signed(self.dotted("np.nan" if math.isnan(value) else "np.inf"), value)
        for symbol, known in (("np.pi", math.pi), ("np.e", math.e)):
            if abs(value) == known:
                return _signed(self.dotted(symbol), value)
        return _signed(ast.Constant(abs(value)), value)

    def reference(self, value: Any) -> Expr:
        """A function, a class or another object by name."""
        text = getattr(value, "__name__", "")
        if text and getattr(builtins, text, None) is value:
            return self.builtin(text)
        for module, prefix in ((np, "np"), (np.linalg, "np.linalg"), (math, "math")):
            if text and getattr(module, text, None) is value:
                return self.dotted(f"{prefix}.{text}")
        helper: Any = getattr(runtime, text, None)
        if isinstance(value, types.FunctionType) and helper is value:
            return self.helper(helper)
        return self.constant(value)

    # --- the top of the module ---

    def header(self) -> list[str]:
        """Blocks of source in front of the functions: imports, then helpers."""
        helpers = [_source(h) for _, h in sorted(_with_helpers(self.helpers).items())]
        renamed = [
            f"{n} = {h.__name__}" for n, h in sorted(self.helpers.items()) if n != h.__name__
        ]
        imports = set(self.imports)
        for module, line in (("np", "import numpy as np"), ("math", "import math")):
            if any(re.search(rf"\b{module}\.", source) for source in helpers):
                imports.add(line)
        lines = [*sorted(imports), *(_brought(n, v) for n, v in sorted(self.constants.items()))]
        return [block for block in ("\n".join(lines), *helpers, "\n".join(renamed)) if block]


def _signed(node: Expr, value: float) -> Expr:
    return ast.UnaryOp(ast.USub(), node) if math.copysign(1.0, value) < 0 else node


def _with_helpers(helpers: dict[str, Any]) -> dict[str, Any]:
    """The helpers and those they call, by their own names."""
    found: dict[str, Any] = {}
    pending = list(helpers.values())
    while pending:
        helper = pending.pop()
        found[helper.__name__] = helper
        used = (getattr(runtime, text, None) for text in _names(helper))
        pending += [h for h in used if inspect.isfunction(h) and h.__name__ not in found]
    return found


@functools.cache
def _names(function: Any) -> tuple[str, ...]:
    """The names that one of our functions reads."""
    nodes = ast.walk(ast.parse(inspect.getsource(function)))
    return tuple(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))


@functools.cache
def _source(helper: Any) -> str:
    """The source of a helper, without annotations: they would need imports."""
    _, *body = inspect.getsource(helper).rstrip().splitlines()
    bare = [p.replace(annotation=p.empty) for p in inspect.signature(helper).parameters.values()]
    head = f"def {helper.__name__}{inspect.Signature(bare)}:"
    return "\n".join([head, *(re.sub(r"^(\s+\w+): [\w\[\]]+ =", r"\1 =", line) for line in body)])


def _brought(text: str, value: Any) -> str:
    """The line that brings a user's object in, or says that nothing can."""
    module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    loaded = sys.modules.get(module) if isinstance(module, str) and module != "__main__" else None
    if loaded is None or getattr(loaded, qualname, None) is not value:
        return f"# {text}: provided by the caller"
    return f"from {module} import {qualname}" + ("" if qualname == text else f" as {text}")
