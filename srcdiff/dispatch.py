"""From arguments to the specialisation made for them: a generated test per specialisation.

A Dispatcher holds the compiled variants of one derivative. Its `call` is a generated function with
the parameters of the user's own; it tests types, dtypes, ranks and which axes have length 1, and
calls the variant that fits. What no variant fits goes to `slow`, which compiles one.
"""

from __future__ import annotations

import builtins
import inspect
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.ir.core import Function, Tree
from srcdiff.ir.types import Array, ListOf, Scalar, is_one
from srcdiff.ops.syntax import ABSENT, PRESENT, Keys, Namespace
from srcdiff.transform.signature import leaf_type
from srcdiff.transform.specialise import Primal
from srcdiff.user_frames import point_at_origin

_PYTHON = {"float64": "float", "int64": "int", "bool": "bool", "complex128": "complex"}
MOST = 32
LEFT_OUT = object()  # in place of an argument that a call does not give


@dataclass
class Variant:
    """One specialisation, compiled."""

    primal: Primal
    call: Callable[..., Any]
    more: Any = None
    writes: bool | None = None  # whether it leaves something else in its arguments, when asked
    outside: str = ""  # something it writes that is no argument
    many: Any = None  # the same on several seeds at once, or False: there is no such form


@dataclass
class Test:
    """Python text of a test, and the objects it names.

    exposed: attributes of classes that the variant reads through objects
    """

    objects: dict[str, Any] = field(default_factory=dict)
    exposed: frozenset[tuple[type, str]] = frozenset()

    def name(self, value: Any) -> str:
        for known, other in self.objects.items():
            if other is value:
                return known
        name = f"_k{len(self.objects)}"
        self.objects[name] = value
        return name

    def variant(self, variant: Variant) -> str:
        """The whole test for one variant, over the names of its parameters."""
        function, primal = variant.primal.function, variant.primal
        visible = [i for i in function.inputs if not i.keyword_only]
        hidden = [i for i in function.inputs if i.keyword_only]
        self.exposed = primal.exposed
        tests = [self.tree(i.tree, i.name, function) for i in visible]
        tests += [self.guard(*g) for g in primal.guards]
        for one, (namespace, name) in zip(hidden, primal.hidden):
            tests.append(self.present(namespace, name))
            tests.append(self.tree(one.tree, self.read(namespace, name), function))
        for owner, name, value in primal.fixed_attributes:
            tests.append(f"{self.name(owner)}.{name} is {self.name(value)}")
        return " and ".join(t for t in tests if t) or "True"

    def read(self, namespace: Namespace, name: str) -> str:
        if name in namespace.cells:
            return f"{self.name(namespace.cells[name])}.cell_contents"
        return f"{self.name(namespace.globals)}[{name!r}]"

    def present(self, namespace: Namespace, name: str) -> str:
        """That a name is there, where it may be deleted and found elsewhere."""
        if namespace.owner is None:
            lost = name not in namespace.cells and hasattr(builtins, name)
        else:
            lost = namespace.owner is not namespace.globals.get(name)
        return f"{name!r} in {self.name(namespace.globals)}" if lost else ""

    def guard(self, namespace: Namespace, name: str, value: Any) -> str:
        if value is ABSENT:
            return f"{name!r} not in {self.name(namespace.globals)}"
        there = self.present(namespace, name)
        if value is PRESENT:
            return there or f"{name!r} in {self.name(namespace.globals)}"
        if isinstance(value, Keys):
            return f"tuple({self.name(namespace.globals)}) == {self.name(value.names)}"
        read, known = self.read(namespace, name), self.name(value)
        test = f"{read} is {known}"
        if type(value) in (str, bytes):
            test = f"({test} or type({read}) is {type(value).__name__} and {read} == {known})"
        return f"{there} and {test}" if there else test

    def tree(self, tree: Tree, text: str, function: Function) -> str:
        if tree.kind == "leaf":
            return self.leaf(function.params[tree.index].type, text)
        if tree.kind == "static":
            if tree.keys:
                held = self.name(type(tree.keys[0]))
                same = f"{held}({text}) == {self.name(tree.keys[0])}"
                return f"{text} is {self.name(tree.value)} and {same}"
            return self.static(tree.value, text)
        tests = [f"type({text}) is {self.name(tree.value or _KINDS[tree.kind])}"]
        if tree.kind in ("tuple", "list"):
            tests.append(f"len({text}) == {len(tree.children)}")
            inner = [f"{text}[{k}]" for k in range(len(tree.children))]
        elif tree.kind == "dict":
            tests.append(f"tuple({text}) == {self.name(tree.keys)}")
            inner = [
                f"{text}[{self.name(k) if not isinstance(k, str) else repr(k)}]" for k in tree.keys
            ]
        else:
            if _is_plain(tree.value):
                tests.append(f"tuple(vars({text})) == {self.name(tree.keys)}")
            elif tree.value.__dictoffset__:
                read = sorted(name for cls, name in self.exposed if cls is tree.value)
                tests += [f"{name!r} not in vars({text})" for name in read]
            inner = [f"{text}.{k}" for k in tree.keys]
        tests += [self.tree(c, t, function) for c, t in zip(tree.children, inner)]
        return " and ".join(t for t in tests if t)

    def static(self, value: Any, text: str) -> str:
        if value is None or isinstance(value, bool):
            return f"{text} is {value}"
        if type(value) in (int, float, complex, str, bytes):
            known = self.name(value)
            return f"type({text}) is {self.name(type(value))} and {text} == {known}"
        return f"{text} is {self.name(value)}"

    def leaf(self, type: Any, text: str) -> str:
        if isinstance(type, Scalar) and type.weak:
            return f"type({text}) is {_PYTHON[type.dtype]}"
        if isinstance(type, Scalar) and type.rank0:
            dtype = self.name(np.dtype(type.dtype))
            return f"type({text}) is _ndarray and {text}.ndim == 0 and {text}.dtype is {dtype}"
        if isinstance(type, Scalar):
            return f"type({text}) is {self.name(np.dtype(type.dtype).type)}"
        if isinstance(type, Array):
            return self.array(type, text)
        assert isinstance(type, ListOf)
        return f"type({text}) is list and _list_type({text}, ('',)) == {self.name(_plain(type))}"

    def array(self, type: Array, text: str) -> str:
        dtype = self.name(np.dtype(type.dtype))
        shape = type.shape or ()
        tests = [
            f"type({text}) is _ndarray",
            f"{text}.dtype is {dtype}",
            f"{text}.ndim == {len(shape)}",
        ]
        ones = [f"{text}.shape[{k}] == 1" for k, d in enumerate(shape) if is_one(d)]
        if not ones:
            tests.append(f"1 not in {text}.shape")
        else:
            tests += ones
            tests += [f"{text}.shape[{k}] != 1" for k, d in enumerate(shape) if not is_one(d)]
        return " and ".join(tests)


_KINDS: dict[str, type] = {"tuple": tuple, "list": list, "dict": dict}


def _is_plain(cls: type) -> bool:
    return not hasattr(cls, "__dataclass_fields__") and not hasattr(cls, "_fields")


def _plain(type: ListOf) -> Any:
    """A list's type with the names of its lengths left out."""
    element = _plain(type.element) if isinstance(type.element, ListOf) else type.element
    return (element, is_one(type.length))


def _list_key(value: list[Any], path: Any) -> Any:
    type = leaf_type(value, path)
    return _plain(type) if isinstance(type, ListOf) else None


@dataclass(frozen=True)
class Defaults:
    """Where the defaults of a signature were found, and what was there.

    fixed:   (owner, attribute, value)
    entries: (dict, its items)
    """

    fixed: tuple[tuple[Any, str, Any], ...] = ()
    entries: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = ()

    def and_of(self, held: dict[str, Any]) -> Defaults:
        """Besides, what a dict holds now."""
        return Defaults(self.fixed, (*self.entries, (held, dict(held))))

    def and_of_function(self, function: Any) -> Defaults:
        """Besides, those of a Python function, if it is one."""
        if not isinstance(function, types.FunctionType):
            return self
        names = "__defaults__", "__kwdefaults__"
        more = tuple((function, name, getattr(function, name)) for name in names)
        found = Defaults((*self.fixed, *more), self.entries)
        return found.and_of(function.__kwdefaults__) if function.__kwdefaults__ else found

    def test(self, test: Test) -> str:
        """The test that they are what they were."""
        tests = [f"{test.name(owner)}.{name} is {test.name(v)}" for owner, name, v in self.fixed]
        for held, items in self.entries:
            tests.append(f"tuple({test.name(held)}) == {test.name(tuple(items))}")
            tests += [f"{test.name(held)}[{k!r}] is {test.name(v)}" for k, v in items.items()]
        return " and ".join(tests)

    def stand(self) -> bool:
        """Whether they are what they were."""
        test = Test()
        return bool(eval(self.test(test) or "True", dict(test.objects)))


class Dispatcher:
    """The variants of one derivative, and the generated function that chooses among them.

    again: what a call goes to that leaves something out, when the defaults are no longer those of the
    signature; it gets the arguments given, by name
    """

    def __init__(
        self,
        signature: inspect.Signature,
        slow: Callable[..., Any],
        again: Callable[..., Any] | None = None,
        defaults: Defaults = Defaults(),
    ):
        self.signature = signature
        self.slow = slow
        self.again = again
        self.defaults = defaults
        self.variants: list[Variant] = []
        self.call: Callable[..., Any] = slow
        self.find: Callable[..., Variant | None] = self.first_find

    def add(self, variant: Variant) -> None:
        """Enter a variant; the newest is tested first."""
        self.variants = [variant, *self.variants][:MOST]
        self.call = self.generated(
            lambda k, variant, test: f"_call{k}({_arguments(variant, test)})"
        )
        self.find = self.first_find

    def first_find(self, *args: Any) -> Variant | None:
        """The variant for these arguments, if there is one; made when first asked for."""
        found = self.generated(lambda k, variant, test: f"_variant{k}", "None")
        self.find = found
        variant: Variant | None = found(*args)
        return variant

    def left_out(self, test: Test) -> list[str]:
        """The lines that give the parameters that a call leaves out their defaults."""
        named = self.signature.parameters.values()
        given = [p for p in named if p.default is not p.empty]
        if not given:
            return []
        standing = self.defaults.test(test) if self.again is not None else ""
        names = ", ".join(f"{p.name!r}: {p.name}" for p in named)
        again = [f"    if not ({standing}):", f"      return _again({{{names}}})"]
        return [
            f"  if {' or '.join(f'{p.name} is _left_out' for p in given)}:",
            *(again if standing else []),
            *(f"    if {p.name} is _left_out: {p.name} = {test.name(p.default)}" for p in given),
        ]

    def generated(
        self, result: Callable[[int, Variant, Test], str], otherwise: str = ""
    ) -> Callable[..., Any]:
        """The function that tests the arguments and returns what `result` says for the variant."""
        test = Test()
        heading, passed = _parameters(self.signature)
        lines = [f"def dispatch({heading}):", *self.left_out(test), "  try:"]
        for k, variant in enumerate(self.variants):
            test.objects[f"_call{k}"], test.objects[f"_variant{k}"] = variant.call, variant
            lines += [
                f"    if {test.variant(variant)}:",
                f"        return {result(k, variant, test)}",
            ]
        lines += [
            f"    return {otherwise or f'_slow({passed})'}",
            "  except Exception as error:",
            "    _point_at_origin(error)",
            "    raise",
        ]
        scope = {
            **test.objects,
            "_slow": self.slow,
            "_again": self.again,
            "_left_out": LEFT_OUT,
            "_point_at_origin": point_at_origin,
            "_ndarray": np.ndarray,
            "_list_type": _list_key,
        }
        exec(compile("\n".join(lines), "<srcdiff dispatch>", "exec"), scope)
        made: Callable[..., Any] = scope["dispatch"]
        return made


def _arguments(variant: Variant, test: Test) -> str:
    function = variant.primal.function
    shown = [i.name for i in function.inputs if not i.keyword_only]
    hidden = [i for i in function.inputs if i.keyword_only]
    shown += [
        f"{i.name}={test.read(namespace, name)}"
        for i, (namespace, name) in zip(hidden, variant.primal.hidden)
    ]
    return ", ".join(shown)


def _parameters(signature: inspect.Signature) -> tuple[str, str]:
    """The heading of the dispatcher and the call that hands all on."""
    heading: list[str] = []
    passed: list[str] = []
    starred = False
    parameters: Sequence[inspect.Parameter] = list(signature.parameters.values())
    for k, p in enumerate(parameters):
        text = p.name
        if p.kind is p.KEYWORD_ONLY and not starred:
            heading.append("*")
            starred = True
        if p.kind is p.VAR_POSITIONAL:
            text, starred = f"*{p.name}", True
        elif p.kind is p.VAR_KEYWORD:
            text = f"**{p.name}"
        elif p.default is not p.empty:
            text = f"{p.name}=_left_out"
        heading.append(text)
        keyword = p.kind is p.KEYWORD_ONLY
        passed.append(f"{p.name}={p.name}" if keyword else text if text.startswith("*") else p.name)
        last_positional = p.kind is p.POSITIONAL_ONLY and (
            k + 1 == len(parameters) or parameters[k + 1].kind is not p.POSITIONAL_ONLY
        )
        if last_positional:
            heading.append("/")
    return ", ".join(heading), ", ".join(passed)


def matches(variant: Variant, bound: dict[str, Any]) -> bool:
    """Whether a variant was made for these arguments (the slow way to ask)."""
    test = Test()
    text = test.variant(variant)
    scope = {**test.objects, "_ndarray": np.ndarray, "_list_type": _list_key, **bound}
    return bool(eval(text, scope))


__all__ = ["LEFT_OUT", "Defaults", "Dispatcher", "Variant", "matches"]
