"""vjp and jvp: the two products with the Jacobian."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from srcdiff.api.compiled import Compiled, Sweeps, finished, hidden_values, kept
from srcdiff.api.derivative import Derivative
from srcdiff.api.requests import function_name, left_in, misuse, positional_names
from srcdiff.api.seeds import check_tangents, fitted_seed
from srcdiff.dispatch import Dispatcher, Variant
from srcdiff.emit.python import emit
from srcdiff.emit.source import load
from srcdiff.ir.core import Block, Function, Input, Tree
from srcdiff.transform.nested import pushed
from srcdiff.transform.pipeline import tidy
from srcdiff.transform.pullback import Adjoint, halves
from srcdiff.transform.request import Request
from srcdiff.transform.reverse import Calls
from srcdiff.transform.specialise import Primal, output_tree, specialise
from srcdiff.transform.values import Seq
from srcdiff.user_frames import pointing

POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
Pullback = Callable[[Any], tuple[Any, ...]]


class Pushforward(Derivative):
    """jvp of one function: takes the primals, then the tangents of the first `moving` of them."""

    def __init__(self, function: Any, count: int, moving: int, outputs: Any = None):
        names = positional_names(function, count)
        super().__init__(_request("jvp", function, names, names, outputs))
        parameters = [inspect.Parameter(n, POSITIONAL) for n in names]
        parameters += [inspect.Parameter(f"d_{n}", POSITIONAL) for n in names[:moving]]
        self.__signature__ = inspect.Signature(parameters)
        self.dispatcher = Dispatcher(self.__signature__, self.compile_and_call)

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
        return self.__signature__.bind(*args, **keywords)

    def specialised(self, bound: inspect.BoundArguments) -> Primal:
        request = self.request
        count = len(request.parameters)

        def push(run: Any, args: Any, keywords: Any) -> Any:
            both = pushed(run, request, args[:count], args[count:], run.session.calls, trust=True)
            return both, None

        return specialise(self, bound, push)[0]


def _request(
    kind: str, function: Any, names: tuple[str, ...], wrt: tuple[str, ...], outputs: Any
) -> Request:
    left, one = left_in(function, outputs)
    own = function_name(function)
    return Request(kind, function, own, names, wrt, False, outputs=left, one_output=one)


def jvp(
    function: Any, primals: Sequence[Any], tangents: Sequence[Any], *, outputs: Any = None
) -> tuple[Any, Any]:
    """Forward mode: the value at `primals` and its derivative along `tangents`.

    primals, tangents: one entry per argument, of the same structure and shapes. The tangent of an
    argument that is no float (an int, a string) is ignored.
    outputs: arguments that the function writes into (a name, a position, or a tuple of them): the
        value is then what they hold afterwards (a tuple for a tuple), not what the function returns.

    Returns (value, tangent), the tangent in the structure of the value.

    >>> from srcdiff import jvp
    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise misuse("SD512", "jvp takes primals and tangents as tuples: jvp(f, (x,), (dx,))")
    if len(primals) != len(tangents):
        raise misuse("SD512", f"jvp was given {len(primals)} primals and {len(tangents)} tangents")
    check_tangents(primals, tangents)
    made = pushforward(function, len(primals), len(primals), outputs)
    return made(*primals, *tangents)  # type: ignore[no-any-return]


def pushforward(function: Any, count: int, moving: int, outputs: Any = None) -> Pushforward:
    """The jvp of a function of `count` arguments, by the first `moving` of them; made once."""
    made: Pushforward = kept(
        function,
        ("jvp", count, moving, _key(outputs)),
        lambda: Pushforward(function, count, moving, outputs),
    )
    return made


def _key(outputs: Any) -> Any:
    return tuple(outputs) if isinstance(outputs, list) else outputs


class Pullbacks(Compiled):
    """vjp of one function: a forward function that keeps a record, and the pullback that uses it.

    The pullback returns the cotangents of the first `moving` arguments.
    """

    def __init__(self, function: Any, count: int, moving: int, outputs: Any = None):
        names = positional_names(function, count)
        self.request = _request("vjp", function, names, names[:moving], outputs)
        signature = inspect.Signature([inspect.Parameter(n, POSITIONAL) for n in names])
        super().__init__(function, signature, function)

    def compile(self, bound: inspect.BoundArguments) -> Variant:
        calls = Calls()

        def both(run: Any, args: Any, keywords: Any) -> Any:
            run.session.calls = calls
            run.session.final = True
            made = halves(run, self.request, args, calls)
            return Seq("tuple", (made.value, Seq("tuple", made.record))), made.adjoint

        forward, adjoint = specialise(self.request.function, bound, both)
        name = self.request.name
        variant = finished(
            forward, f"{name}_forward", f"Value of {name}, and the record its pullback needs."
        )
        back = pullback_function(adjoint, f"{name}_pullback")
        emitted = emit(tidy(back))
        variant.more = (variant.more, emitted, load(emitted), back)
        return variant


def pullback_function(adjoint: Adjoint, name: str) -> Function:
    """The second half of a vjp as a Function of (record, seed)."""
    atoms: list[Any] = []
    output = output_tree(adjoint.cotangents, atoms)
    count = len(adjoint.record)
    record = Tree("tuple", tuple(Tree("leaf", index=k) for k in range(count)))
    seed_atoms: list[Any] = []
    seed = _shifted(output_tree(adjoint.seed, seed_atoms), count)
    params = (*adjoint.record, *seed_atoms)
    body = Block((), adjoint.block.stmts, tuple(atoms))
    inputs = (Input("record", record), Input("seed", seed))
    return Function(name, params, body, inputs, output, doc="Cotangents of the arguments.")


def _shifted(tree: Tree, by: int) -> Tree:
    children = tuple(_shifted(c, by) for c in tree.children)
    index = tree.index + by if tree.kind == "leaf" else -1
    return Tree(tree.kind, children, tree.keys, index, tree.value)


def vjp(function: Any, *primals: Any, outputs: Any = None) -> tuple[Any, Pullback]:
    """Reverse mode: the value at `primals`, and the pullback.

    outputs: arguments that the function writes into (a name, a position, or a tuple of them): the
        value is then what they hold afterwards (a tuple for a tuple), not what the function returns.

    The pullback takes a seed in the structure and shapes of the value and returns one cotangent per
    primal (0 for those that are no floats). It may be called any number of times. In a program that is
    differentiated itself it is a value like other functions (docs/derivatives_exact.md).

    >>> from srcdiff import vjp
    >>> value, pullback = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> value, pullback(1.0)
    (6.0, (3.0, 2.0))
    """
    value, back = pulled(function, primals, len(primals), outputs)

    def pullback(seed: Any) -> tuple[Any, ...]:
        return back(fitted_seed(value, seed, "seed"))

    return value, pullback


def pullbacks(function: Any, count: int, moving: int, outputs: Any = None) -> Pullbacks:
    """The vjp of a function of `count` arguments, by the first `moving` of them; made once."""
    made: Pullbacks = kept(
        function,
        ("vjp", count, moving, _key(outputs)),
        lambda: Pullbacks(function, count, moving, outputs),
    )
    return made


def pulled(
    function: Any,
    primals: tuple[Any, ...],
    moving: int,
    outputs: Any = None,
    sweeps: Sweeps | None = None,
) -> tuple[Any, Pullback]:
    """The value, and the pullback to the first `moving` arguments, which trusts its seed."""
    made = pullbacks(function, len(primals), moving, outputs)
    primals = primals if sweeps is None else sweeps.next(made)
    variant = made.made_for(*primals)
    value, record = pointing(variant.call, *primals, **hidden_values(variant))
    return value, functools.partial(pointing, variant.more[2], record)
