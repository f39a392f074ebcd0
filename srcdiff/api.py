"""The public interface: derivatives of Python functions, with JAX's names and conventions.

grad, value_and_grad          gradients of functions that return one real number
vjp, jvp                      the two products with the Jacobian
jacobian, hessian, hvp        matrices and products made of them
check_grad                    is a gradient right? (`srcdiff.check` says how it is found out)
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from srcdiff.check import check_gradient
from srcdiff.dispatch import Dispatcher, Variant, matches
from srcdiff.emit.python import emit
from srcdiff.emit.source import load
from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic, GradientError
from srcdiff.explain.blame import explained
from srcdiff.frontend.lower import lower
from srcdiff.ir.core import Block, Function, Input, Tree
from srcdiff.ir.text import print_function
from srcdiff.ops.runtime import stop_gradient
from srcdiff.transform.nested import Pair, Request, pair
from srcdiff.transform.pipeline import tidy
from srcdiff.transform.reverse import Calls
from srcdiff.transform.specialise import (
    Primal,
    bind_arguments,
    output_tree,
    plain_function,
    specialise,
)

_LOCK = threading.RLock()
Wrt = "int | str | Sequence[int | str]"


def _misuse(code: str, message: str, hint: str = "") -> ArgumentsError:
    return ArgumentsError(Diagnostic(code, message, NOWHERE, (), hint))


class Compiled:
    """A callable compiled per signature: what all derivatives share."""

    def __init__(self, target: Any, signature: inspect.Signature):
        self.target = target
        self.dispatcher = Dispatcher(signature, self.compile_and_call)

    def compile_and_call(self, *args: Any, **keywords: Any) -> Any:
        variant, bound = self.variant(args, keywords)
        return variant.call(*_visible(variant, bound), **_hidden(variant))

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
        bound = self.dispatcher.signature.bind(*args, **keywords)
        bound.apply_defaults()
        return bound

    def variant(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Variant, inspect.BoundArguments]:
        """The variant for these arguments, compiled if need be."""
        bound = self.bind(args, keywords)
        with _LOCK:
            for known in self.dispatcher.variants:
                if _fits(known, bound):
                    return known, bound
            variant = self.compile(bound)
            self.dispatcher.add(variant)
        return variant, bound

    def compile(self, bound: inspect.BoundArguments) -> Variant:
        primal, _ = specialise(self.target, bound)
        return finished(primal)


def _fits(variant: Variant, bound: inspect.BoundArguments) -> bool:
    try:
        return matches(variant, dict(bound.arguments))
    except (KeyError, ValueError, AttributeError, TypeError, IndexError):
        return False


def _visible(variant: Variant, bound: inspect.BoundArguments) -> list[Any]:
    return [bound.arguments[i.name] for i in variant.primal.function.inputs if not i.keyword_only]


def _hidden(variant: Variant) -> dict[str, Any]:
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
    primal = Primal(function, primal.paths, primal.hidden, primal.guards, primal.fixed)
    return Variant(primal, load(emitted), emitted)


class Derivative(Compiled):
    """A function that computes a derivative of another; what `grad` returns.

    Called like the original. `primal` is the original, `source`, `ir` and `compiled` show what was
    generated for given arguments, `check` verifies it.
    """

    __srcdiff__ = True

    def __init__(self, request: Request, check: bool = False):
        functools.update_wrapper(self, request.function)
        self.request = request
        self.checked = check
        super().__init__(self, inspect.signature(request.function))
        if check:
            self.dispatcher = Dispatcher(self.dispatcher.signature, self._check_and_call)

    @property
    def primal(self) -> Callable[..., Any]:
        """The original function."""
        return self.request.function  # type: ignore[no-any-return]

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self.dispatcher.call(*args, **keywords)

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        """Decorated methods: the object is the first argument."""
        return self if owner is None else functools.partial(self, owner)

    def compile(self, bound: inspect.BoundArguments) -> Variant:
        primal, _ = specialise(self, bound)
        return finished(
            primal, _DERIVED_NAMES[self.request.kind].format(self.request.name), _doc(self.request)
        )

    def compiled(self, *args: Any, **keywords: Any) -> Callable[..., Any]:
        """The generated function for these arguments, as a plain Python function.

        It takes what the original takes. Where the original reads globals or closure variables that
        hold data, these are its keyword arguments; they are filled in with their values of now.
        """
        variant, _ = self.variant(args, keywords)
        hidden = _hidden(variant)
        return functools.partial(variant.call, **hidden) if hidden else variant.call

    def source(self, *args: Any, **keywords: Any) -> str:
        """The generated Python for arguments like these (or for the annotations, without any)."""
        variant, _ = self.variant(*self._examples(args, keywords))
        return variant.more.source  # type: ignore[no-any-return]

    def ir(self, *args: Any, stage: str = "derivative", **keywords: Any) -> str:
        """A stage of the pipeline as text: "lowered", "primal" (typed), or "derivative"."""
        args, keywords = self._examples(args, keywords)
        if stage == "lowered":
            return print_function(lower(plain_function(self.primal)[0]).function)
        if stage == "primal":
            primal, _ = specialise(self.primal, self.bind(args, keywords))
            return print_function(primal.function)
        if stage != "derivative":
            raise _misuse("SD507", f"no stage {stage!r}", "lowered, primal or derivative")
        return print_function(self.variant(args, keywords)[0].primal.function)

    def _examples(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args or keywords:
            return args, keywords
        return tuple(_from_annotations(self.primal)), {}

    def check(self, *args: Any, **keywords: Any) -> Any:
        """Verify the gradient at these arguments; the report, or GradientError."""
        return _checked(self, args, keywords)

    def _check_and_call(self, *args: Any, **keywords: Any) -> Any:
        before, call = list(self.dispatcher.variants), self.dispatcher.call
        self.variant(args, keywords)
        try:
            _checked(self, args, keywords)
        except GradientError:
            self.dispatcher.variants, self.dispatcher.call = before, call
            raise
        return self.compile_and_call(*args, **keywords)

    def __reduce__(self) -> Any:
        module, name = self.request.function.__module__, self.request.function.__qualname__
        if _named(module, name) is self:
            return _lookup, (module, name)
        if _named(module, name) is self.request.function:
            return _rebuild, (self.request.function, self.request, self.checked)
        raise _misuse(
            "SD508", f"{name} cannot be found in its module, so its derivative does not pickle"
        )

    def __repr__(self) -> str:
        wrt = ", ".join(self.request.wrt)
        return f"<{self.request.kind} of {self.request.name} with respect to {wrt}>"


_DERIVED_NAMES = {"grad": "{}_grad", "value_and_grad": "{}_value_and_grad", "jvp": "{}_jvp"}


def _doc(request: Request) -> str:
    what = {"grad": "Gradient", "value_and_grad": "Value and gradient", "jvp": "Value and tangent"}
    return f"{what[request.kind]} of {request.name} with respect to {', '.join(request.wrt)}."


def _named(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _lookup(module: str, name: str) -> Any:
    importlib.import_module(module)
    return _named(module, name)


def _rebuild(function: Any, request: Request, check: bool) -> Derivative:
    return Derivative(request, check)


def _from_annotations(function: Any) -> Iterable[Any]:
    examples = {"float": 1.0, "int": 1, "bool": True, float: 1.0, int: 1, bool: True}
    for p in inspect.signature(function).parameters.values():
        if p.default is not p.empty:
            continue
        if p.annotation not in examples:
            raise _misuse(
                "SD509",
                f"the annotation of {p.name!r} does not say enough to compile for",
                "pass example arguments: source(w, X, y)",
            )
        yield examples[p.annotation]


# --- making derivatives -------------------------------------------------------------------------


def request_for(kind: str, function: Any, wrt: Any, has_aux: bool = False) -> Request:
    """Resolve what was asked for against the function's parameters."""
    if not callable(function):
        raise _misuse("SD510", f"{kind} of {function!r}, which is not a function")
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise _misuse(
            "SD510", f"{kind} of {function!r}, whose parameters are not known", "wrap it in a def"
        ) from None
    names = tuple(parameters)
    single = not isinstance(wrt, (tuple, list))
    chosen = tuple(_parameter(function, parameters, w) for w in ([wrt] if single else wrt))
    if not chosen:
        raise _misuse("SD511", "wrt names no argument")
    if len(set(chosen)) != len(chosen):
        raise _misuse("SD511", f"wrt names an argument twice: {wrt!r}")
    star = next((n for n, p in parameters.items() if p.kind is p.VAR_POSITIONAL), "")
    rest = next((n for n, p in parameters.items() if p.kind is p.VAR_KEYWORD), "")
    own = _function_name(function)
    return Request(kind, function, own, names, chosen, single, has_aux, star, rest)


def _function_name(function: Any) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return name if name.isidentifier() else "function"


def positional_names(function: Any, count: int) -> tuple[str, ...]:
    """Names for `count` positional arguments, those of *args numbered."""
    if not callable(function):
        raise _misuse("SD510", f"{function!r} is not a function")
    names: list[str] = []
    for p in inspect.signature(function).parameters.values():
        if p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}_{k}" for k in range(count - len(names))]
        elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
    if len(names) < count:
        raise _misuse(
            "SD512", f"{count} primals for a function of {len(names)} positional arguments"
        )
    return tuple(names[:count])


def _parameter(function: Any, parameters: Mapping[str, inspect.Parameter], which: Any) -> str:
    """The name of the argument that a position or a name means; entries of *args are args[k]."""
    names = tuple(parameters)
    stars = [k for k, p in enumerate(parameters.values()) if p.kind is p.VAR_POSITIONAL]
    if stars and type(which) is int and which >= stars[0]:
        return f"{names[stars[0]]}[{which - stars[0]}]"
    name = getattr(function, "__name__", repr(function))
    if isinstance(which, str):
        if which in names:
            return which
        raise _misuse(
            "SD511", f"{name} has no argument {which!r}", f"its arguments are {', '.join(names)}"
        )
    if isinstance(which, int) and not isinstance(which, bool):
        if -len(names) <= which < len(names):
            return str(names[which])
        raise _misuse("SD511", f"{name} has no argument at position {which}: it has {len(names)}")
    raise _misuse("SD511", f"wrt is a position, a name, or a tuple of them, not {which!r}")


def _decorator(kind: str, function: Any, wrt: Any, has_aux: bool, check: bool) -> Any:
    if function is None:
        return lambda f: Derivative(request_for(kind, f, wrt, has_aux), check)
    return Derivative(request_for(kind, function, wrt, has_aux), check)


def grad(function: Any = None, wrt: Any = 0, *, has_aux: bool = False, check: bool = False) -> Any:
    """The gradient of a function that returns one real number.

    function: any Python function; without it, `grad` is a decorator with arguments.
    wrt: the argument to differentiate by: a position, a name, or a tuple of them.
    has_aux: the function returns (value, aux); the gradient then comes as (gradient, aux).
    check: verify each specialisation against finite differences on its first call.

    Returns a Derivative: called like the function, it returns the gradient in the structure, shapes
    and dtypes of the argument (a tuple of them when wrt is a tuple).

    Raises Refused when the function holds something srcdiff does not differentiate, ArgumentsError
    when the request makes no sense, GradientError when check finds a wrong entry.

    >>> from srcdiff import grad
    >>> grad(lambda x: x**3)(2.0)
    12.0
    """
    return _decorator("grad", function, wrt, has_aux, check)


def value_and_grad(
    function: Any = None, wrt: Any = 0, *, has_aux: bool = False, check: bool = False
) -> Any:
    """The value of a function together with its gradient, computed in one sweep: (value, gradient).

    Arguments as for `grad`. With has_aux the result is ((value, aux), gradient).

    >>> from srcdiff import value_and_grad
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    return _decorator("value_and_grad", function, wrt, has_aux, check)


# --- vjp and jvp --------------------------------------------------------------------------------

_PAIRS: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()


def _kept(function: Any, kind: str, make: Callable[[], Any]) -> Any:
    """One compiled object per function and kind."""
    try:
        with _LOCK:
            table = _PAIRS.setdefault(function, {})
            if kind not in table:
                table[kind] = make()
            return table[kind]
    except TypeError:  # cannot be referenced weakly
        return make()


class Pushforward(Derivative):
    """jvp of one function: takes the primals, then the tangents."""

    def __init__(self, request: Request):
        super().__init__(request)
        names = request.parameters
        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(n, positional) for n in names]
        parameters += [inspect.Parameter(f"d_{n}", positional) for n in names]
        self.__signature__ = inspect.Signature(parameters)
        self.dispatcher = Dispatcher(self.__signature__, self.compile_and_call)

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
        return self.__signature__.bind(*args, **keywords)


def jvp(function: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Forward mode: the value at `primals` and its derivative along `tangents`.

    primals, tangents: one entry per argument, of the same structure and shapes. The tangent of an
    argument that is no float (an int, a string) is ignored.

    Returns (value, tangent), the tangent in the structure of the value.

    >>> from srcdiff import jvp
    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise _misuse("SD512", "jvp takes primals and tangents as tuples: jvp(f, (x,), (dx,))")
    if len(primals) != len(tangents):
        raise _misuse("SD512", f"jvp was given {len(primals)} primals and {len(tangents)} tangents")
    _check_tangents(primals, tangents)
    made = _pushforward(function, len(primals))
    return made(*primals, *tangents)  # type: ignore[no-any-return]


def _check_tangents(primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    for k, (p, d) in enumerate(zip(primals, tangents)):
        _check_tangent(p, d, f"the tangent of argument {k}")


def _check_tangent(p: Any, d: Any, where: str) -> None:
    """ArgumentsError unless a tangent has the structure and shapes of its argument."""
    if isinstance(p, np.ndarray) and np.shape(d) != p.shape:
        raise _misuse("SD505", f"{where} has shape {np.shape(d)}, the argument {p.shape}")
    if isinstance(p, dict):
        if not isinstance(d, dict) or set(d) != set(p):
            raise _misuse("SD505", f"{where} is not a dict with the keys {list(p)}")
        for key in p:
            _check_tangent(p[key], d[key], f"{where}[{key!r}]")
    elif isinstance(p, (tuple, list)):
        if not isinstance(d, (tuple, list)) or len(d) != len(p):
            raise _misuse("SD505", f"{where} is not a {type(p).__name__} of {len(p)}")
        for n, (a, b) in enumerate(zip(p, d)):
            _check_tangent(a, b, f"{where}[{n}]")


def _pushforward(function: Any, count: int) -> Pushforward:
    def make() -> Pushforward:
        names = positional_names(function, count)
        return Pushforward(Request("jvp", function, _function_name(function), names, names, False))

    made: Pushforward = _kept(function, f"jvp {count}", make)
    return made


class Pullbacks(Compiled):
    """vjp of one function: a forward function that keeps a record, and the pullback that uses it."""

    def __init__(self, function: Any, count: int):
        names = positional_names(function, count)
        self.request = Request("vjp", function, _function_name(function), names, names, False)
        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        super().__init__(
            function, inspect.Signature([inspect.Parameter(n, positional) for n in names])
        )

    def compile(self, bound: inspect.BoundArguments) -> Variant:
        calls = Calls()

        def both(run: Any, args: Any, keywords: Any) -> Any:
            run.session.calls = calls
            made = pair(run, self.request, args, calls)
            return made.result, made

        forward, made = specialise(self.request.function, bound, both)
        name = self.request.name
        variant = finished(
            forward, f"{name}_forward", f"Value of {name}, and the record its pullback needs."
        )
        back = pullback_function(made, f"{name}_pullback")
        emitted = emit(tidy(back))
        variant.more = (variant.more, emitted, load(emitted), back)
        return variant


def pullback_function(made: Pair, name: str) -> Function:
    """The second half of a vjp as a Function of (record, seed)."""
    atoms: list[Any] = []
    output = output_tree(made.cotangents, atoms)
    count = len(made.record)
    record = Tree("tuple", tuple(Tree("leaf", index=k) for k in range(count)))
    seed_atoms: list[Any] = []
    seed = _shifted(output_tree(made.seed, seed_atoms), count)
    params = (*made.record, *seed_atoms)
    body = Block((), made.adjoint.stmts, tuple(atoms))
    inputs = (Input("record", record), Input("seed", seed))
    return Function(name, params, body, inputs, output, doc="Cotangents of the arguments.")


def _shifted(tree: Tree, by: int) -> Tree:
    children = tuple(_shifted(c, by) for c in tree.children)
    index = tree.index + by if tree.kind == "leaf" else -1
    return Tree(tree.kind, children, tree.keys, index, tree.value)


def vjp(function: Any, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Reverse mode: the value at `primals`, and the pullback.

    The pullback takes a seed in the structure and shapes of the value and returns one cotangent per
    primal (0 for those that are no floats). It may be called any number of times.

    >>> from srcdiff import vjp
    >>> value, pullback = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> value, pullback(1.0)
    (6.0, (3.0, 2.0))
    """
    made: Pullbacks = _kept(
        function, f"vjp {len(primals)}", lambda: Pullbacks(function, len(primals))
    )
    variant, bound = made.variant(primals, {})
    value, record = variant.call(*_visible(variant, bound), **_hidden(variant))
    back = variant.more[2]

    def pullback(seed: Any) -> tuple[Any, ...]:
        fitted = _fitted_seed(value, seed, "seed")
        return back(record, fitted)  # type: ignore[no-any-return]

    return value, pullback


def _fitted_seed(value: Any, seed: Any, where: str) -> Any:
    """A seed in the structure of the value; ArgumentsError when it is not."""
    if isinstance(value, np.ndarray):
        if np.shape(seed) != value.shape:
            raise _misuse(
                "SD506", f"{where} has shape {np.shape(seed)}, the value has shape {value.shape}"
            )
        return np.asarray(seed, dtype=value.dtype if value.dtype.kind in "fc" else None)
    if isinstance(value, dict):
        if not isinstance(seed, dict) or list(seed) != list(value):
            raise _misuse("SD506", f"{where} is not a dict with the keys {list(value)}")
        return {k: _fitted_seed(v, seed[k], f"{where}[{k!r}]") for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        if not isinstance(seed, (tuple, list)) or len(seed) != len(value):
            raise _misuse("SD506", f"{where} is not a {type(value).__name__} of {len(value)}")
        items = [_fitted_seed(v, s, f"{where}[{k}]") for k, (v, s) in enumerate(zip(value, seed))]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, (int, float, complex, np.generic)) and np.shape(seed) != ():
        raise _misuse("SD506", f"{where} has shape {np.shape(seed)}, the value is a number")
    if isinstance(value, np.inexact):
        return value.dtype.type(seed)
    return seed


# --- matrices -----------------------------------------------------------------------------------


def _argument_array(
    function: Any, args: tuple[Any, ...], keywords: dict[str, Any], wrt: str
) -> tuple[inspect.BoundArguments, Any]:
    bound = bind_arguments(function, args, keywords)
    x = bound.arguments[wrt]
    if not isinstance(x, (float, np.floating, np.ndarray)) or np.asarray(x).dtype.kind not in "fc":
        raise _misuse(
            "SD502",
            f"the argument {wrt!r} is {type(x).__name__}: a float or a float array is needed",
        )
    return bound, x


def _along(function: Any, bound: inspect.BoundArguments, wrt: str) -> Callable[[Any], Any]:
    """The function of the one argument, the others as they are."""
    signature = inspect.signature(function)
    kinds = {p.kind for p in signature.parameters.values()}
    simple = kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY}
    if not simple:
        raise _misuse("SD513", "jacobian and hessian need a function of positional arguments")
    values = dict(bound.arguments)
    return lambda x: function(*[x if n == wrt else v for n, v in values.items()])


def jacobian(function: Any = None, wrt: Any = 0, *, mode: str = "auto") -> Any:
    """The Jacobian: of shape (*value.shape, *argument.shape).

    mode: "forward" (one sweep per entry of the argument), "reverse" (one per entry of the value), or
    "auto": whichever has fewer.

    >>> import numpy as np
    >>> from srcdiff import jacobian
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if function is None:
        return lambda f: jacobian(f, wrt, mode=mode)
    request = request_for("jacobian", function, wrt)
    if not request.single:
        return _each(lambda w: jacobian(function, w, mode=mode), request)
    if mode not in ("auto", "forward", "reverse"):
        raise _misuse("SD514", f"no mode {mode!r}", "auto, forward or reverse")

    @functools.wraps(function)
    def computed(*args: Any, **keywords: Any) -> Any:
        bound, x = _argument_array(function, args, keywords, request.wrt[0])
        primals = tuple(bound.arguments.values())
        place = list(bound.arguments).index(request.wrt[0])
        if mode == "forward":
            return _forward_jacobian(function, primals, place, x)
        value, pullback = vjp(function, *primals)
        if mode == "auto" and np.size(x) < np.size(value):
            return _forward_jacobian(function, primals, place, x)
        return _reverse_jacobian(value, pullback, place, x)

    return computed


def _each(make: Callable[[str], Any], request: Request) -> Callable[..., tuple[Any, ...]]:
    parts = [make(name) for name in request.wrt]
    return lambda *args, **keywords: tuple(p(*args, **keywords) for p in parts)


def _basis(like: Any) -> Iterable[Any]:
    """The unit vectors in the shape of an array (or 1.0 for a number)."""
    if np.ndim(like) == 0:
        yield type(like)(1.0) if not isinstance(like, np.ndarray) else np.ones_like(like)
        return
    for k in range(np.size(like)):
        unit = np.zeros_like(like)
        unit.flat[k] = 1.0
        yield unit


def _forward_jacobian(function: Any, primals: tuple[Any, ...], place: int, x: Any) -> Any:
    still = [_no_tangent(p) for p in primals]
    columns = []
    for unit in _basis(x):
        tangents = [*still[:place], unit, *still[place + 1 :]]
        columns.append(jvp(function, primals, tangents)[1])
    stacked = np.stack([np.asarray(c) for c in columns], axis=-1)
    return _plain_number(stacked.reshape(np.shape(columns[0]) + np.shape(x)))


def _no_tangent(p: Any) -> Any:
    if isinstance(p, np.ndarray):
        return np.zeros_like(p)
    if isinstance(p, (tuple, list)):
        items = [_no_tangent(i) for i in p]
        return type(p)(*items) if hasattr(p, "_fields") else type(p)(items)
    if isinstance(p, dict):
        return {k: _no_tangent(v) for k, v in p.items()}
    return type(p)(0.0) if isinstance(p, (float, complex, np.inexact)) else p


def _reverse_jacobian(value: Any, pullback: Any, place: int, x: Any) -> Any:
    rows = [np.asarray(pullback(unit)[place]) for unit in _basis(value)]
    return _plain_number(np.stack(rows).reshape(np.shape(value) + np.shape(x)))


def _plain_number(a: Any) -> Any:
    return float(a) if a.ndim == 0 and a.dtype == np.float64 else a


def hessian(function: Any = None, wrt: Any = 0) -> Any:
    """The Hessian of a function that returns one real number: (*argument.shape, *argument.shape).

    Forward over reverse: one forward sweep through the gradient per entry of the argument.

    >>> from srcdiff import hessian
    >>> hessian(lambda x: x**3)(2.0)
    12.0
    """
    if function is None:
        return lambda f: hessian(f, wrt)
    return jacobian(grad(function, wrt), wrt, mode="forward")


def hvp(function: Any, x: Any, v: Any, *args: Any) -> Any:
    """The product of the Hessian of `function` at (x, *args), by its first argument, with v.

    >>> from srcdiff import hvp
    >>> hvp(lambda x: x**3, 2.0, 1.0)
    12.0
    """
    gradient = _kept(function, "grad", lambda: grad(function))
    return jvp(gradient, (x, *args), (v, *(_no_tangent(a) for a in args)))[1]


# --- checking -----------------------------------------------------------------------------------


def check_grad(function: Any, *args: Any, wrt: Any = 0, **options: Any) -> Any:
    """Verify srcdiff's gradient of a function at some arguments; the report, or GradientError.

    options: those of `srcdiff.check.check_gradient` (tolerances, number of directions, seed).

    >>> from srcdiff import check_grad
    >>> check_grad(lambda x: x**3, 2.0).ok
    True
    """
    derivative = function if isinstance(function, Derivative) else grad(function, wrt)
    return _checked(derivative, args, {}, **options)


def _checked(
    derivative: Derivative, args: tuple[Any, ...], keywords: dict[str, Any], **options: Any
) -> Any:
    bound = derivative.bind(args, keywords)
    if derivative.request.star:
        return _checked_starred(derivative, args, **options)
    names = list(bound.arguments)
    values = tuple(bound.arguments.values())
    places = tuple(names.index(w) for w in derivative.request.wrt)
    function = _positional(derivative.primal, bound)
    aux = derivative.request.has_aux

    def objective(*xs: Any) -> Any:
        return function(*xs)[0] if aux else function(*xs)

    def gradient(*xs: Any) -> Any:
        found = _positional(derivative.compile_and_call, bound)(*xs)
        if derivative.request.kind == "value_and_grad":
            found = found[1]
        elif aux:
            found = found[0]
        return (found,) if derivative.request.single else found

    report = check_gradient(objective, gradient, values, places, names=names, **options)
    _raise_if_wrong(report, derivative, bound)
    return report


def _raise_if_wrong(report: Any, derivative: Derivative, bound: inspect.BoundArguments) -> None:
    """GradientError, with the line that is to blame, unless the report is ok."""
    try:
        report.raise_if_wrong()
    except GradientError as error:
        raise explained(error, derivative.primal, bound, derivative.request.wrt) from None


def _checked_starred(derivative: Derivative, args: tuple[Any, ...], **options: Any) -> Any:
    """The check of a function of *args: of the function of as many arguments as were given."""
    request = derivative.request
    place = request.parameters.index(request.star)
    names = [*request.parameters[:place]]
    names += [f"{request.star}[{k}]" for k in range(len(args) - place)]
    wrt = [n for n in names if n in request.wrt or request.star in request.wrt and "[" in n]
    places = tuple(names.index(n) for n in wrt)

    def gradient(*xs: Any) -> Any:
        return grad(request.function, places)(*xs)

    report = check_gradient(request.function, gradient, args, places, names=names, **options)
    report.raise_if_wrong()
    return report


def _positional(function: Any, bound: inspect.BoundArguments) -> Callable[..., Any]:
    """Call a function by the values of its parameters in order, whatever their kinds."""
    names = list(bound.arguments)

    def call(*values: Any) -> Any:
        again = inspect.BoundArguments(bound.signature, dict(zip(names, values)))
        return function(*again.args, **again.kwargs)

    return call


__all__ = [
    "Derivative",
    "check_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
