"""Implicit functions of structures, as implicit functions of their leaves in a row.

before   x = solver(a)                      a = {"p": ..., "q": (..., 3.0)}, x of the same structure
after    z = solver_in_a_row(a["p"], a["q"][0], a["q"][1])             a vector, which has a rule
         x = {"p": np.reshape(z[:k1], np.shape(a["p"])), "q": (...)}

The text is written for the structure of the arguments at a call, and compiled like any other.
"""

from __future__ import annotations

import functools
import inspect
import keyword
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.api.arrange import from_text, unused
from srcdiff.api.requests import misuse
from srcdiff.implicit.rule import enter, operands_of, options_of
from srcdiff.ir.types import Array, ListOf, Scalar, differentiable, fresh_dim
from srcdiff.ops.table import row_of
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.cotangents import rebuildable
from srcdiff.transform.functions import call_function
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.row_calls import apply_row
from srcdiff.transform.values import Abstract, Record, Seq, Static, Value

Run = Instantiator


@dataclass(frozen=True)
class Condition:
    """What holds at the solution: F(x, *args) = 0, x = T(x, *args), or A(x, *args) = b."""

    function: Callable[..., Any]
    kind: str  # "root", "fixed point" or "linear"

    @functools.cached_property
    def plain(self) -> Callable[..., Any]:
        """The function of numbers and arrays that is zero at the solution."""
        function = self.function
        if self.kind == "fixed point":
            return lambda x, *args: function(x, *args) - x
        if self.kind == "linear":
            return lambda x, b, *args: function(x, *args) - b
        return function


def decorated(
    solver: Callable[..., Any], condition: Condition, like: str, samples: Iterable[Any]
) -> Callable[..., Any]:
    """The solver with a rule for numbers and arrays, and one for each structure it is called with."""
    operands = operands_of(solver)
    like = like or (operands[0] if operands else "")
    if like not in operands:
        raise misuse("SD522", f"{solver.__name__} has no argument {like!r} to take a shape from")

    @functools.wraps(solver)
    def solution(*args: Any, **keywords: Any) -> Any:
        x = solver(*args, **keywords)
        model = _argument(operands, like, args, keywords)
        if _is_number(model) and np.shape(x) != np.shape(model):
            raise misuse(
                "SD522",
                f"{solver.__name__} returned shape {np.shape(x)}, and {like!r} has {np.shape(model)}",
                "name the argument whose shape the solution has: like=",
            )
        return x

    place = operands.index(like)
    made: dict[Any, Any] = {}

    @intrinsic(solution)
    def _call(run: Run, *args: Abstract, **keywords: Abstract) -> Abstract:
        values = _bound(run, solver, args, keywords)
        given = tuple(values.pop(name) for name in operands)
        rest = tuple(values.items())
        forms = tuple(_form(run, a) for a in given)
        if all(form.kind in PLAIN for form in forms):
            row = row_of(solution)
            assert row is not None
            return apply_row(run, row, given, rest, solution)
        if forms not in made:
            made[forms] = _adapter(solver, condition, dict(zip(operands, forms)), like)
        return call_function(run, made[forms], given, rest)

    options = list(options_of(solver))
    shape = lambda *dims: dims[place]  # noqa: E731
    enter(solution, operands, [], options, condition.plain, shape, samples)
    return solution


def _is_number(model: Any) -> bool:
    return isinstance(model, (int, float, complex, np.generic, np.ndarray))


def _argument(
    operands: list[str], name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    place = operands.index(name)
    return args[place] if len(args) > place else keywords[name]


def _bound(
    run: Run, solver: Callable[..., Any], args: tuple[Abstract, ...], keywords: Any
) -> dict[str, Abstract]:
    """The values that are given, by the names of the parameters."""
    try:
        return dict(inspect.signature(solver).bind(*args, **keywords).arguments)
    except TypeError as error:
        raise run.refusal("SD325", f"this call is not known to srcdiff: {error}") from None


# --- structures -----------------------------------------------------------------------------------

PLAIN = ("number", "array")
FLOATS = (*PLAIN, "numbers")
LEAVES = (*FLOATS, "other", "constant")


@dataclass(frozen=True)
class Form:
    """The structure of an argument.

    kind: "number" or "array" of floats, "numbers" for a list of floats whose length the run knows,
    "other" for what the run knows and has no derivative, "constant" for what is known now (value),
    "tuple", "list", "dict" or "object" (of class value)
    """

    kind: str
    parts: tuple[Form, ...] = ()
    keys: tuple[Any, ...] = ()
    value: Any = None

    def paths(self, text: str) -> Iterator[tuple[Form, str]]:
        """The leaves that the run knows, and how each is written after the name of the whole."""
        if self.kind in LEAVES:
            if self.kind != "constant":
                yield self, text
            return
        for key, part in zip(self.keys, self.parts):
            yield from part.paths(f"{text}.{key}" if self.kind == "object" else f"{text}[{key!r}]")

    def built(self, leaves: Iterator[Any]) -> Any:
        """The structure of some leaves."""
        if self.kind == "numbers":
            return list(next(leaves))
        if self.kind in LEAVES:
            return self.value if self.kind == "constant" else next(leaves)
        parts = [part.built(leaves) for part in self.parts]
        if self.kind == "object":
            return self.value(**dict(zip(self.keys, parts)))
        if self.kind == "dict":
            return dict(zip(self.keys, parts))
        return tuple(parts) if self.kind == "tuple" else parts


def _form(run: Run, a: Abstract) -> Form:
    if isinstance(a, Static):
        if type(a.value) in (float, complex):
            return Form("number")
        try:
            hash(a.value)
        except TypeError:
            raise _no_form(run) from None
        return Form("constant", value=a.value)
    if isinstance(a, Value) and isinstance(a.type, (Scalar, Array)):
        if not differentiable(a.type):
            return Form("other")
        return Form("number" if isinstance(a.type, Scalar) else "array")
    if isinstance(a, Value) and isinstance(a.type, ListOf) and isinstance(a.type.element, Scalar):
        return Form("numbers" if differentiable(a.type) else "other")
    if isinstance(a, Seq):
        parts = tuple(_form(run, run.now(item)) for item in a.items)
        return Form(a.kind, parts, tuple(range(len(parts))))
    if isinstance(a, Record) and (a.cls is dict or rebuildable(a.cls)):
        keys = tuple(k for k, _ in a.entries)
        if a.cls is not dict or all(isinstance(k, (str, int)) for k in keys):
            parts = tuple(_form(run, run.now(v)) for _, v in a.entries)
            kind, cls = ("dict", None) if a.cls is dict else ("object", a.cls)
            return Form(kind, parts, keys, cls)
    raise _no_form(run)


def _no_form(run: Run) -> Exception:
    return run.refusal(
        "SD522",
        "an argument of an implicit function is no number, no array and no structure of these",
        "tuples, lists, dicts with names, NamedTuples and dataclasses of floats and arrays",
    )


# --- the text of a structure ----------------------------------------------------------------------


class Text:
    """Python text that takes structures apart and puts them together; `taken` are names in use."""

    def __init__(self, taken: Collection[str]):
        self.taken = set(taken)
        self.scope: dict[str, Any] = {}
        self.z, self.np = self.free("z"), self.name(np, "np")

    def free(self, name: str) -> str:
        """A name that nothing has; from now on it is in use."""
        found = unused(name, self.taken)
        self.taken.add(found)
        return found

    def name(self, value: Any, hint: str = "held") -> str:
        """The name of an object of Python's."""
        for known, other in self.scope.items():
            if other is value:
                return known
        name = self.free(hint)
        self.scope[name] = value
        return name

    def built(self, form: Form, leaves: Iterator[str]) -> str:
        """The expression of a structure from those of its leaves."""
        if form.kind == "constant":
            return self.name(form.value)
        if form.kind == "numbers":
            return f"[v for v in {next(leaves)}]"
        if form.kind in LEAVES:
            return next(leaves)
        parts = [self.built(part, leaves) for part in form.parts]
        if form.kind == "object":
            fields = ", ".join(f"{k}={p}" for k, p in zip(form.keys, parts))
            return f"{self.name(form.value)}({fields})"
        if form.kind == "dict":
            return "{" + ", ".join(f"{k!r}: {p}" for k, p in zip(form.keys, parts)) + "}"
        if form.kind == "list":
            return f"[{', '.join(parts)}]"
        return f"({', '.join(parts)},)" if parts else "()"

    def cut(self, form: Form, models: list[str]) -> tuple[list[str], str]:
        """Lines that say where each leaf stands in z, and the structure cut from z.

        models: expressions of values of the leaves' shapes; what has no derivative is one itself.
        """
        lines, cuts, at, z, np = [], [], "", self.z, self.np
        for (leaf, _), model in zip(form.paths(""), models):
            if leaf.kind == "other":
                cuts.append(model)
                continue
            end = self.free("end")
            size = {"number": "1", "numbers": f"len({model})"}.get(leaf.kind, f"{np}.size({model})")
            lines.append(f"    {end} = {at} + {size}" if at else f"    {end} = {size}")
            if leaf.kind == "number":
                cuts.append(f"{z}[{at or '0'}]")
            elif leaf.kind == "numbers":
                cuts.append(f"{z}[{at}:{end}]")
            else:
                cuts.append(f"{np}.reshape({z}[{at}:{end}], {np}.shape({model}))")
            at = end
        return lines, self.built(form, iter(cuts))

    def row(self, leaves: Iterable[tuple[Form, str]]) -> str:
        """The expression of the floats among some leaves in a row."""
        parts = [
            f"{self.np}.{'array' if leaf.kind == 'numbers' else 'ravel'}({text})"
            for leaf, text in leaves
            if leaf.kind != "other"
        ]
        return f"{self.np}.concatenate([{', '.join(parts)}])"


class Leaves:
    """The leaves of all arguments: how each is written in a program, and its name as a parameter."""

    def __init__(self, forms: dict[str, Form]):
        self.forms = forms
        self.of = {n: list(form.paths(n)) for n, form in forms.items()}
        self.names = {
            n: [f"{n}_{k}" if form.parts else n for k in range(len(self.of[n]))]
            for n, form in forms.items()
        }
        pairs = [
            (leaf.kind in FLOATS, path, name)
            for n in forms
            for (leaf, path), name in zip(self.of[n], self.names[n])
        ]
        self.floats = [(path, name) for moves, path, name in pairs if moves]
        self.others = [(path, name) for moves, path, name in pairs if not moves]

    def built(self, values: dict[str, Any]) -> list[Any]:
        """The arguments of leaves by their names."""
        return [
            form.built(iter([values[leaf] for leaf in self.names[n]]))
            for n, form in self.forms.items()
        ]


def _adapter(
    solver: Callable[..., Any], condition: Condition, forms: dict[str, Form], like: str
) -> Any:
    """The function of structures that calls the function of leaves in a row."""
    options, leaves = options_of(solver), Leaves(forms)
    text, name = Text({*forms, *options}), spelled(solver)
    row = _in_a_row(solver, leaves, like)
    floats, others = ([name for _, name in own] for own in (leaves.floats, leaves.others))
    whole = _condition(condition, leaves, like)
    enter(row, floats, others, list(options), whole, lambda *_: (fresh_dim(),))
    lines, built = text.cut(forms[like], [path for _, path in leaves.of[like]])
    heading = [*forms, *(f"{o}={text.name(v, f'own_{o}')}" for o, v in options.items())]
    lists = {path for own in leaves.of.values() for leaf, path in own if leaf.kind == "numbers"}
    passed = [f"{text.np}.array({p})" if p in lists else p for p, _ in leaves.floats]
    passed += [f"{name}={path}" for path, name in leaves.others]
    passed += [f"{o}={o}" for o in options]
    call = f"    {text.z} = {text.name(row, row.__name__)}({', '.join(passed)})"
    full = [f"def {name}({', '.join(heading)}):", call, *lines, f"    return {built}", ""]
    return from_text("\n".join(full), name, text.scope)


def _in_a_row(solver: Callable[..., Any], leaves: Leaves, like: str) -> Callable[..., Any]:
    """The solver as a function of all leaves that returns the floats of its solution in a row."""
    plain, options = inspect.Parameter.POSITIONAL_OR_KEYWORD, options_of(solver)
    given: dict[str, Any] = {name: inspect.Parameter.empty for _, name in leaves.floats}
    given |= {name: None for _, name in leaves.others} | options
    signature = inspect.Signature(
        [inspect.Parameter(n, plain, default=v) for n, v in given.items()]
    )

    def in_a_row(*args: Any, **keywords: Any) -> Any:
        bound = signature.bind(*args, **keywords)
        bound.apply_defaults()
        structures = leaves.built(bound.arguments)
        x = solver(*structures, **{o: bound.arguments[o] for o in options})
        parts: list[Any] = []
        model = structures[list(leaves.forms).index(like)]
        _collect(parts, leaves.forms[like], x, model, solver.__name__)
        return np.concatenate(parts)

    in_a_row.__name__ = in_a_row.__qualname__ = f"{spelled(solver)}_in_a_row"
    in_a_row.__module__ = solver.__module__
    in_a_row.__signature__ = signature  # type: ignore[attr-defined]
    return in_a_row


def spelled(solver: Callable[..., Any]) -> str:
    """The name of a solver in text; lambdas have none."""
    name = solver.__name__
    return name if name.isidentifier() and not keyword.iskeyword(name) else "solution"


def _collect(parts: list[Any], form: Form, x: Any, model: Any, name: str) -> None:
    """The floats of a solution; ArgumentsError when it has another structure or shape than its model."""
    if form.kind in ("number", "array"):
        if not _is_number(x) or np.shape(x) != np.shape(model):
            raise _misfit(name)
        parts.append(np.ravel(x))
    if form.kind == "numbers":
        if not isinstance(x, list) or len(x) != len(model):
            raise _misfit(name)
        parts.append(np.array(x))
    if form.kind in LEAVES:
        return
    for key, part in zip(form.keys, form.parts):
        try:
            one, other = _part(form, x, key), _part(form, model, key)
        except (AttributeError, IndexError, KeyError, TypeError):
            raise _misfit(name) from None
        _collect(parts, part, one, other, name)


def _part(form: Form, value: Any, key: Any) -> Any:
    return getattr(value, key) if form.kind == "object" else value[key]


def _misfit(name: str) -> Exception:
    return misuse(
        "SD522",
        f"{name} returned another structure or shape than that of the argument it is like",
        "name the argument whose structure the solution has: like=",
    )


def _condition(condition: Condition, leaves: Leaves, like: str) -> Callable[..., Any]:
    """The condition as a function of z and all leaves, those with a derivative first."""
    order = [name for _, name in (*leaves.floats, *leaves.others)]
    text = Text(order)
    lines, x = text.cut(leaves.forms[like], leaves.names[like])
    args = [text.built(form, iter(leaves.names[n])) for n, form in leaves.forms.items()]
    if condition.kind == "linear":
        args = args[1:]
    r, function = text.free("r"), text.name(condition.function, "condition_of_all")
    value = text.row(leaves.forms[like].paths(r))
    if condition.kind == "fixed point":
        value += f" - {text.z}"
    elif condition.kind == "linear":
        first = next(iter(leaves.forms))
        own = zip((leaf for leaf, _ in leaves.of[first]), leaves.names[first])
        value += f" - {text.row(own)}"
    heading = f"def condition({', '.join([text.z, *order])}):"
    call = f"    {r} = {function}({', '.join([x, *args])})"
    full = [heading, *lines, call, f"    return {value}", ""]
    return from_text("\n".join(full), "condition", text.scope)  # type: ignore[no-any-return]
