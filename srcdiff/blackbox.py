"""Black boxes in differentiable programs: an estimate stands in for the derivative.

    simulate = estimated(extension.simulate, method="central")

`simulate` is a function with a rule. In a generated derivative it is followed by its estimates,
which are called by name:

    z = simulate(x)
    b_x = central_difference_of_simulate_by_x(b_z, x)        reverse mode: b_z against the Jacobian
    d_z = central_difference_of_simulate_along_x(d_x, x)     forward mode: the Jacobian against d_x

Each is linear in its first argument and the transpose of the other. Second derivatives are estimates of
these estimates (`estimate.second`), with steps of their own:

    b_x = ..._of_simulate_by_x_along_x(b_z, d_x, x)          b_z against the Jacobian, along d_x
    d_z = ..._of_simulate_along_x_and_x(d_x, e_x, x)         the second derivative along d_x and e_x

Third derivatives are refused (SD204).
"""

from __future__ import annotations

import functools
import inspect
import itertools
import keyword
import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic, EstimateError
from srcdiff.estimate.complexstep import complex_step
from srcdiff.estimate.differences import (
    backward_difference,
    central_difference,
    forward_difference,
)
from srcdiff.estimate.directional import directional_derivative
from srcdiff.estimate.noise import generator
from srcdiff.estimate.sampled import regression_gradient, spsa
from srcdiff.estimate.second import options_for, order_of, slope, slope_of_slope, steps_for
from srcdiff.ir.types import fresh_dim
from srcdiff.ops import table
from srcdiff.structure import Layout
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.values import Abstract, Static

Shape = Any  # a tuple of lengths (None for one that only the run knows), or an argument's name
METHODS: dict[str, tuple[Callable[..., Any], str, str, tuple[str, ...]]] = {
    # what the reverse mode estimates by, its name in generated code, what the forward mode takes,
    # and the options that it understands
    "forward": (forward_difference, "forward_difference", "forward", ("h", "order", "jobs")),
    "backward": (backward_difference, "backward_difference", "backward", ("h", "order", "jobs")),
    "central": (central_difference, "central_difference", "central", ("h", "order", "jobs")),
    "complex": (complex_step, "complex_step", "complex", ("h", "analytic")),
    "regression": (
        regression_gradient, "regression_gradient", "central",
        ("h", "samples", "sampling", "antithetic", "intercept", "rng", "jobs"),
    ),
    "spsa": (spsa, "spsa", "central", ("h", "samples", "directions", "rng", "jobs")),
}  # fmt: skip
_NUMBERS = itertools.count(1)
_MADE: dict[Any, Any] = {}


def estimated(
    f: Callable[..., Any] | None = None,
    *,
    method: str = "central",
    shape: Shape = (),
    arguments: Sequence[str] | None = None,
    **options: Any,
) -> Any:
    """A function that srcdiff differentiates by an estimate: for code without source or rule.

    f: takes floats and arrays of floats by position and returns a real number or array; without
    it, a decorator.  A parameter with a default is a constant of the program.
    method: "forward", "backward", "central", "complex", "regression" or "spsa": the estimators of
    `srcdiff.estimate` for the reverse mode. Forward mode needs one direction only and takes the
    difference (central for the last two) or the complex step along it.
    shape: of the result: () for a number, a tuple with None for lengths that only the run knows, or
    the name of the argument whose shape it has.
    arguments: the names of the parameters, where f does not tell them (compiled functions).
    options: those of the estimator: h, order, samples, rng, jobs, ...

    Costs what the estimator costs, for each argument that the derivative is asked for; the result
    is as exact as the estimator.  A second derivative is the estimate of an estimate, twice as many
    evaluations, and has half of the digits (`srcdiff.estimate.second`).

    Raises ArgumentsError for options that make no sense (SD609) and parameters that are not known
    (SD612); at run time EstimateError when the value has another shape (SD613) or the estimator
    fails; Refused for a third derivative (SD204).

    >>> from srcdiff import grad
    >>> table = estimated(lambda x: float(np.interp(x, [0.0, 1.0, 3.0], [0.0, 2.0, 3.0])))
    >>> round(grad(lambda x: x * table(x))(2.0), 6)
    3.5
    """
    if f is None:
        return functools.partial(
            estimated, method=method, shape=shape, arguments=arguments, **options
        )
    key = (f, method, shape, tuple(arguments or ()), tuple(sorted(options.items())))
    try:
        if key not in _MADE:
            _MADE[key] = _entered(BlackBox(f, method, shape, tuple(arguments or ()), options))
        return _MADE[key]
    except TypeError as error:
        if isinstance(error, ArgumentsError):
            raise
        return _entered(BlackBox(f, method, shape, tuple(arguments or ()), options))  # unhashable


def _misuse(code: str, message: str, hint: str = "") -> ArgumentsError:
    return ArgumentsError(Diagnostic(code, message, NOWHERE, (), hint))


@dataclass
class BlackBox:
    """What was asked for: the function, its parameters and how it is estimated."""

    f: Callable[..., Any]
    method: str
    shape: Shape
    arguments: tuple[str, ...]
    options: dict[str, Any]
    constants: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not callable(self.f):
            raise _misuse("SD609", f"{self.f!r} is not a function")
        if self.method not in METHODS:
            raise _misuse("SD609", f"no method {self.method!r}", f"one of {', '.join(METHODS)}")
        known = METHODS[self.method][3]
        unknown = [name for name in self.options if name not in known]
        if unknown:
            raise _misuse(
                "SD609",
                f"{self.method} has no option {unknown[0]!r}",
                f"its are {', '.join(known)}",
            )
        if "rng" in self.options or self.method in ("regression", "spsa"):
            self.options = {**self.options, "rng": generator(self.options.get("rng"))}
        if not self.arguments:
            self.arguments = tuple(self._parameters())
        self._check_shape()

    def _parameters(self) -> list[str]:
        try:
            parameters = list(inspect.signature(self.f).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        if not parameters or any(p.kind is p.VAR_POSITIONAL for p in parameters):
            raise _misuse(
                "SD612", f"the parameters of {self.name} are not known", 'say arguments=("x", "y")'
            )
        kept = [p for p in parameters if p.default is not p.empty and p.kind not in plain[:1]]
        self.constants = {p.name: p.default for p in kept}
        names = [p.name for p in parameters if p.default is p.empty and p.kind in plain]
        if not names:
            raise _misuse("SD612", f"{self.name} has no parameter to differentiate by")
        return names

    def _check_shape(self) -> None:
        shape = self.shape
        if isinstance(shape, str) and shape in self.arguments:
            return
        if isinstance(shape, tuple) and all(d is None or type(d) is int and d >= 0 for d in shape):
            return
        raise _misuse(
            "SD609", f"shape is {shape!r}", "a tuple of lengths or None, or the name of an argument"
        )

    @property
    def name(self) -> str:
        """A name for generated code."""
        name = getattr(self.f, "__name__", type(self.f).__name__)
        return name if name.isidentifier() and not keyword.iskeyword(name) else "black_box"

    @property
    def spelled(self) -> list[str]:
        """The arguments as parameters of rules."""
        taken = {"like", "index"}  # these say in rules that only their form is used
        taken |= {f"d{a}" for a in self.arguments}  # and these are the tangents of others
        return [f"{a}_" if a in taken or keyword.iskeyword(a) else a for a in self.arguments]

    def dims(self, lengths: Sequence[Any]) -> Any:
        """The lengths of the result from those of the arguments."""
        if isinstance(self.shape, str):
            return lengths[self.arguments.index(self.shape)]
        return tuple(fresh_dim() if d is None else d for d in self.shape)

    # --- what runs ---

    def value(self, *args: Any, **constants: Any) -> Any:
        """f as the rule has it: a result of the arguments' dtype and the shape that was declared."""
        values = args[: len(self.arguments)]
        dtype = np.result_type(*values)
        if dtype.kind != "f":
            raise _misuse("SD601", f"{self.name} was given no float", "write 3.0 for 3")
        found = np.asarray(self.f(*_copies(args), **constants))
        if found.dtype.kind not in "fiub" or not self._fits(found, values):
            raise EstimateError(
                Diagnostic(
                    "SD613",
                    f"{self.name} returned {found.dtype}, shape {found.shape}; "
                    f"its shape was said to be {self.shape!r}",
                    NOWHERE,
                    (),
                    "see the argument shape of srcdiff.estimated",
                )
            )
        return np.array(found, dtype)[()]

    def _fits(self, found: Any, values: tuple[Any, ...]) -> bool:
        if isinstance(self.shape, str):
            return bool(found.shape == np.shape(values[self.arguments.index(self.shape)]))
        if found.ndim != len(self.shape):
            return False
        return all(d is None or d == n for d, n in zip(self.shape, found.shape))

    def _of_one(self, place: int, args: tuple[Any, ...], constants: Any) -> Callable[[Any], Any]:
        """f of one argument, the others as they are; whole numbers are taken for floats."""

        def only(moved: Any) -> Any:
            others = _copies(args)
            return self.f(*others[:place], moved, *others[place + 1 :], **constants)

        return only

    def pull(self, place: int, bz: Any, *args: Any, **constants: Any) -> Any:
        """bz against the Jacobian by one argument, in the shape of the argument."""
        x, f = args[place], self._of_one(place, args, constants)
        dtype = np.asarray(bz).dtype
        if not np.any(bz) or not np.size(x):
            return np.zeros(np.shape(x), dtype)[()]
        estimator = METHODS[self.method][0]
        found = estimator(lambda v: np.sum(bz * f(v)), x, **self.options)
        return np.asarray(found, dtype)[()]

    def push(self, place: int, dx: Any, *args: Any, **constants: Any) -> Any:
        """The Jacobian by one argument against dx, in the shape of the result."""
        x, f = args[place], self._of_one(place, args, constants)
        kept = {k: v for k, v in self.options.items() if k in ("h", "order", "jobs")}
        h = kept.get("h")
        if h is not None and not isinstance(h, (int, float)):
            kept.pop("h")  # by entry, or by noise: the direction finds its own
        if "h" in kept and np.any(dx):
            kept["h"] = kept["h"] / float(np.max(np.abs(dx)))
        kind = METHODS[self.method][2]
        if kind == "complex":
            kept = {k: v for k, v in self.options.items() if k == "analytic"} | kept
            kept.pop("jobs", None)
        return np.asarray(
            directional_derivative(f, x, dx, method=kind, **kept), np.asarray(dx).dtype
        )[()]

    # --- second derivatives ---

    def _of_two(
        self, k: int, j: int, args: tuple[Any, ...], constants: Any
    ) -> Callable[[Any, Any], Any]:
        """f with argument k at a value, and argument j (which may be the same) moved from there."""

        def both(value: Any, move: Any) -> Any:
            others = _copies(args)
            others[k] = value
            others[j] = others[j] + move
            return self.f(*others, **constants)

        return both

    def _steps(self, place: int, bz: Any, args: tuple[Any, ...], constants: Any) -> Any:
        f = self._of_one(place, args, constants)
        return steps_for(lambda v: np.sum(bz * f(v)), args[place], self.method, self.options)

    def second(self, k: int, j: int, bz: Any, d: Any, *args: Any, **constants: Any) -> Any:
        """How `pull` by argument k changes along d in argument j: in the shape of argument k."""
        x, dtype, order = args[k], np.asarray(bz).dtype, order_of(self.method, self.options)
        if not np.any(bz) or not np.any(d) or not np.size(x):
            return np.zeros(np.shape(x), dtype)[()]
        both, steps = self._of_two(k, j, args, constants), self._steps(j, bz, args, constants)

        def along(v: Any) -> Any:
            return slope(lambda m: np.sum(bz * both(v, m)), d, steps, self.method, order)

        own = Layout(x).restore(self._steps(k, bz, args, constants))
        estimator = METHODS[self.method][0]
        found = estimator(along, x, **options_for(self.method, own, self.options))
        return np.asarray(found, dtype)[()]

    def cross(self, k: int, j: int, d: Any, e: Any, *args: Any, **constants: Any) -> Any:
        """The second derivative along d in argument k and e in argument j: in the shape of the result."""
        both = self._of_two(k, j, args, constants)
        steps = (self._steps(k, 1.0, args, constants), self._steps(j, 1.0, args, constants))
        order = order_of(self.method, self.options)

        def moved(a: Any) -> Callable[[Any], Any]:
            return lambda b: both(args[k] + a, b)

        found = slope_of_slope(moved, d, e, steps, self.method, order)
        return np.asarray(found, np.asarray(d).dtype)[()]


def _copies(args: tuple[Any, ...]) -> list[Any]:
    """The arguments with copies of the arrays: a black box may write into what it is given."""
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


# --- rules ----------------------------------------------------------------------------------------

_BODIES = """\
def value_rule(bz_, z_, {given}):
    return {pulled}
"""
_BODY = """\
def pull_rule_{k}(z_, bz_, {names}, dbz_, {tangents}{constants}):
    return pulled_{k}(dbz_, {passed}), {seconds}
def push_rule_{k}(z_, d_, {names}, dd_, {tangents}{constants}):
    return pushed_{k}(dd_, {passed}), {crosses}
def pulled_rule_{k}(d_, bz_, {given}):
    return push_{k}(d_, {passed})
def pushed_rule_{k}(bz_, d_, {given}):
    return pull_{k}(bz_, {passed})
"""
_SECOND_BODY = """\
def second_rule_{k}_{j}(c_, bz_, d_, {given}):
    return cross_{k}_{j}(c_, d_, {passed}), second_{j}_{k}(bz_, c_, {passed})
def cross_rule_{k}_{j}(b_, d_, e_, {given}):
    return second_{k}_{j}(b_, e_, {passed}), second_{j}_{k}(b_, d_, {passed})
"""


def _bodies(box: BlackBox) -> str:
    """The text of the rules' bodies."""
    names, places = box.spelled, range(len(box.spelled))
    constants = "".join(f", {c}=None" for c in box.constants)
    given = ", ".join(names) + constants
    passed = ", ".join([*names, *(f"{c}={c}" for c in box.constants)])
    pulled = "".join(f"pull_{k}(bz_, {passed}), " for k in places)
    pulled = f"({pulled})" if len(names) > 1 else pulled.rstrip(", ")
    text = _BODIES.format(given=given, pulled=pulled)
    for k in places:
        text += _BODY.format(
            k=k,
            names=", ".join(names),
            tangents=", ".join(f"d{n}" for n in names),
            constants=constants,
            given=given,
            passed=passed,
            seconds=", ".join(f"second_{k}_{j}(bz_, d{n}, {passed})" for j, n in enumerate(names)),
            crosses=", ".join(f"cross_{k}_{j}(d_, d{n}, {passed})" for j, n in enumerate(names)),
        )
        text += "".join(_SECOND_BODY.format(k=k, j=j, given=given, passed=passed) for j in places)
    return text


def _entered(box: BlackBox) -> Callable[..., Any]:
    """The function of a black box, with its rows in the table."""
    names = box.spelled
    scope = _loaded(box, _bodies(box))

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    plain = [inspect.Parameter(n, kind) for n in box.arguments]
    more = [inspect.Parameter(n, kind, default=d) for n, d in box.constants.items()]
    signature = inspect.Signature([*plain, *more])

    def value(*args: Any, **constants: Any) -> Any:
        bound = signature.bind(*args, **constants).arguments
        values = [bound.pop(n) for n in box.arguments]
        return box.value(*values, **bound)

    functools.update_wrapper(value, box.f, updated=())
    value.__name__ = box.name
    value.__signature__ = signature  # type: ignore[attr-defined]
    _row(
        "adjoint", value, scope["value_rule"], names, lambda *dims: box.dims(dims), " ".join(names)
    )
    for k in range(len(names)):
        _linear_rows(box, scope, k)
    return value


def _loaded(box: BlackBox, text: str) -> dict[str, Any]:
    """The rules' bodies and the estimates that they call."""
    file = f"<estimates of {box.name}, {next(_NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"__name__": __name__}
    title, own = METHODS[box.method][1], f"of_{box.name}"
    for k, name in enumerate(box.arguments):
        for word in ("pull", "pulled"):
            _enter(box, scope, f"{word}_{k}", f"{title}_{own}_by_{name}", box.pull, k)
        for word in ("push", "pushed"):
            _enter(box, scope, f"{word}_{k}", f"{title}_{own}_along_{name}", box.push, k)
        for j, other in enumerate(box.arguments):
            _enter(
                box, scope, f"second_{k}_{j}", f"{title}_{own}_by_{name}_along_{other}",
                box.second, k, j,
            )  # fmt: skip
            _enter(
                box, scope, f"cross_{k}_{j}", f"{title}_{own}_along_{name}_and_{other}",
                box.cross, k, j,
            )  # fmt: skip
    exec(compile(text, file, "exec", dont_inherit=True), scope)
    return scope


def _enter(
    box: BlackBox,
    scope: dict[str, Any],
    short: str,
    name: str,
    method: Callable[..., Any],
    *places: int,
) -> None:
    """An estimate at some of the arguments, under the name that rules and the one that code has."""

    def estimate(*args: Any, **constants: Any) -> Any:
        return method(*places, *args, **constants)

    estimate.__name__ = estimate.__qualname__ = name
    estimate.__module__ = getattr(box.f, "__module__", None) or __name__
    scope[short] = estimate


def _linear_rows(box: BlackBox, scope: dict[str, Any], k: int) -> None:
    """The rows of the estimates by argument k.

    `pull` and `push` vary with all of their arguments; `pulled` and `pushed` are the same numbers as
    functions of the first alone, which is what they are in the tangents of the former.
    """
    names, arrays = box.spelled, tuple(box.spelled)
    count = len(names)

    def as_argument(_: Any, *dims: Any) -> Any:
        return dims[k]

    def as_result(_: Any, *dims: Any) -> Any:
        return box.dims(dims[:count])

    for word, first, shape in (("pull", "bz_", as_argument), ("push", "d_", as_result)):
        plain = f"{word}ed"
        body, linear = scope[f"{word}_rule_{k}"], scope[f"{plain}_rule_{k}"]
        _row("tangent", scope[f"{word}_{k}"], body, [first, *names], shape, first)
        _row("linear", scope[f"{plain}_{k}"], linear, [first], shape, first, arrays=arrays)
    for j in range(count):
        _row(
            "bilinear", scope[f"second_{k}_{j}"], scope[f"second_rule_{k}_{j}"], ["bz_", "d_"],
            lambda _, *dims: as_argument(*dims), "bz_", arrays=arrays,
        )  # fmt: skip
        _row(
            "bilinear", scope[f"cross_{k}_{j}"], scope[f"cross_rule_{k}_{j}"], ["d_", "e_"],
            lambda _, *dims: as_result(*dims), "d_", arrays=arrays,
        )  # fmt: skip


def _row(
    kind: str,
    function: Callable[..., Any],
    body: Callable[..., Any],
    operands: Sequence[str],
    shape: Callable[..., Any],
    dtype: str,
    **fields: Any,
) -> None:
    name = f"{function.__module__}.{function.__name__}"
    table.rule(
        kind, function, body, name=name, operands=operands, shape=shape, dtype=dtype,
        user=True, path="", **fields,
    )  # fmt: skip


# --- at the call ----------------------------------------------------------------------------------


@intrinsic(estimated)
def _estimated(run: Instantiator, f: Abstract, **options: Abstract) -> Abstract:
    """`estimated(f, method=...)` inside of a differentiated program."""
    return Static(
        estimated(
            run.static(f, "the function of an estimate"),
            **{k: run.static(v, f"the option {k!r}") for k, v in options.items()},
        )
    )


__all__ = ["BlackBox", "estimated"]
