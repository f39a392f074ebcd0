"""A callable that is compiled per signature: what all derivatives share.

before   a function and the arguments of a call
after    the Variant that was made for arguments like these, printed and loaded
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from typing import Any

from srcdiff.api.requests import misuse
from srcdiff.dispatch import Dispatcher, Variant, matches
from srcdiff.emit.python import emit
from srcdiff.emit.source import load
from srcdiff.errors import Refused
from srcdiff.ir.core import Apply, Const, Function
from srcdiff.kept import kept_for
from srcdiff.ops import python as py
from srcdiff.structure import copied
from srcdiff.transform.decisions import Decisions
from srcdiff.transform.pipeline import VERIFYING, tidy
from srcdiff.transform.specialise import Primal, specialise
from srcdiff.user_frames import pointing

LOCK = threading.RLock()
EFFECTS = (py.write_back, py.write_paths)


class Compiled:
    """A callable compiled per signature: what all derivatives share."""

    def __init__(self, target: Any, signature: inspect.Signature, original: Any):
        self.target = target
        self.original = original
        self.dispatcher = Dispatcher(signature, self.compile_and_call)

    def compile_and_call(self, *args: Any, **keywords: Any) -> Any:
        variant, bound = self.variant(args, keywords)
        return pointing(variant.call, *shown_values(variant, bound), **hidden_values(variant))

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
        bound = self.dispatcher.signature.bind(*args, **keywords)
        bound.apply_defaults()
        return bound

    def variant(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Variant, inspect.BoundArguments]:
        """The variant for these arguments, compiled if need be."""
        bound = self.bind(args, keywords)
        with LOCK:
            for known in self.dispatcher.variants:
                if _fits(known, bound):
                    return known, bound
            variant = self.compiled_or_refused(bound)
            self.dispatcher.add(variant)
        return variant, bound

    def compiled_or_refused(self, bound: inspect.BoundArguments) -> Variant:
        """A new variant; the way to a refusal through the compiler is not shown."""
        try:
            return self.compile(bound)
        except Refused as refused:
            if VERIFYING:
                raise
            raise refused.with_traceback(None) from refused.__cause__

    def made_for(self, *args: Any) -> Variant:
        """The variant for these positional arguments, all of them given."""
        return self.dispatcher.find(*args) or self.variant(args, {})[0]

    def compile(self, bound: inspect.BoundArguments) -> Variant:
        primal, _ = specialise(self.target, bound)
        return finished(primal)

    def writes(self, *args: Any) -> bool:
        """Whether the function leaves something else in these arguments."""
        variant = self.made_for(*args)
        if variant.writes is None:
            function = variant.primal.function
            written = {name for s in function.body.stmts for name in _left_in(function, s)}
            hidden = {i.name for i in function.inputs if i.keyword_only}
            rebound = {name for _, name in variant.primal.rebinds}
            outside = rebound or written & hidden
            variant.writes, variant.outside = bool(written), min(outside, default="")
        return variant.writes


def _left_in(function: Function, stmt: Any) -> Iterator[str]:
    """The names of the inputs that a statement leaves something else in."""
    if not (isinstance(stmt, Apply) and stmt.op in EFFECTS):
        return
    first = stmt.args[0]
    if stmt.op is py.write_paths:
        assert isinstance(first, Const)
        yield from (path[0] for path in first.value)
        return
    assert isinstance(first, Const)
    yield from (i.name for i in function.inputs if first.value in set(i.tree.leaves()))


class Sweeps:
    """The arguments of several sweeps at one point.

    The first sweep gets them as they are, and leaves in them what the function does. If that is
    anything, each later one gets copies of what they were.
    """

    def __init__(self, primals: tuple[Any, ...]):
        self.primals = primals
        self.before: tuple[Any, ...] | None = None
        self.begun = False

    def next(self, made: Compiled, *more: Any) -> tuple[Any, ...]:
        """The arguments of the next sweep, by `made`, which takes `more` besides."""
        changes = made.writes(*self.primals, *more) if not self.begun or self.before else False
        if self.begun and changes and made.made_for(*self.primals, *more).outside:
            outside = made.made_for(*self.primals, *more).outside
            raise misuse(
                "SD523",
                f"the function changes {outside}, which is no argument of it: each of several "
                "sweeps would start from what the last one left",
                "pass it as an argument",
            )
        if self.begun:
            return self.primals if self.before is None else copied(self.before)
        self.begun = True
        if changes:
            self.before = copied(self.primals)
        return self.primals


def _fits(variant: Variant, bound: inspect.BoundArguments) -> bool:
    try:
        return matches(variant, dict(bound.arguments))
    except (KeyError, ValueError, AttributeError, TypeError, IndexError):
        return False


def shown_values(variant: Variant, bound: inspect.BoundArguments) -> list[Any]:
    return [bound.arguments[i.name] for i in variant.primal.function.inputs if not i.keyword_only]


def hidden_values(variant: Variant) -> dict[str, Any]:
    names = [i.name for i in variant.primal.function.inputs if i.keyword_only]
    return {n: ns.lookup(read) for n, (ns, read) in zip(names, variant.primal.hidden)}


def finished(primal: Primal, name: str = "", doc: str = "") -> Variant:
    """Tidy, print and load a specialisation."""
    function = primal.function
    if name or doc:
        function = Function(
            name or function.name,
            function.params,
            function.body,
            function.inputs,
            function.output,
            function.at,
            doc,
        )
    function = tidy(function)
    emitted = emit(function)
    primal = replace(primal, function=function, decisions=Decisions())
    return Variant(primal, load(emitted), emitted)


def kept(function: Any, kind: Hashable, make: Callable[[], Any]) -> Any:
    """One compiled object per function and kind."""
    with LOCK:
        table = kept_for(function)
        if kind not in table:
            table[kind] = make()
        return table[kind]
