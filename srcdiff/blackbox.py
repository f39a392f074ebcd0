"""Black boxes in differentiable programs: an estimate stands in for the derivative.

    simulate = estimated(extension.simulate, method="central")

`simulate` is a function with a rule. In a generated derivative it is followed by its estimates,
which are called by name:

    z = simulate(x)
    b_x = central_difference_of_simulate_by_x(b_z, x)        reverse mode: b_z against the Jacobian
    d_z = central_difference_of_simulate_along_x(d_x, x)     forward mode: the Jacobian against d_x

Each is linear in its first argument and the transpose of the other; there is no estimate of their
own derivatives, so second derivatives of a black box are refused (SD204).
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
from srcdiff.ir.types import fresh_dim
from srcdiff.ops import table
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
    is as exact as the estimator.  Raises ArgumentsError for options that make no sense (SD609) and
    parameters that are not known (SD612); at run time EstimateError when the value has another
    shape (SD613) or the estimator fails.

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
        taken = ("like", "index")  # these say in rules that only their form is used
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


def _copies(args: tuple[Any, ...]) -> list[Any]:
    """The arguments with copies of the arrays: a black box may write into what it is given."""
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


# --- rules ----------------------------------------------------------------------------------------

_BODIES = """\
def value_rule(bz_, z_, {given}):
    return {pulled}
"""
_BODY = """\
def pull_rule_{k}(d_, bz_, {given}):
    return push_{k}(d_, {passed})
def push_rule_{k}(bz_, d_, {given}):
    return pull_{k}(bz_, {passed})
"""


def _entered(box: BlackBox) -> Callable[..., Any]:
    """The function of a black box, with its rows in the table."""
    names = box.spelled
    given = ", ".join([*names, *(f"{c}=None" for c in box.constants)])
    passed = ", ".join([*names, *(f"{c}={c}" for c in box.constants)])
    pulled = "".join(f"pull_{k}(bz_, {passed}), " for k in range(len(names)))
    pulled = f"({pulled})" if len(names) > 1 else pulled.rstrip(", ")
    text = _BODIES.format(given=given, pulled=pulled)
    text += "".join(_BODY.format(k=k, given=given, passed=passed) for k in range(len(names)))
    scope = _loaded(box, text)

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
    title = METHODS[box.method][1]
    for k, name in enumerate(box.arguments):
        for word, part in (("pull", "by"), ("push", "along")):
            made = _estimate(getattr(box, word), k)
            made.__name__ = made.__qualname__ = f"{title}_of_{box.name}_{part}_{name}"
            made.__module__ = getattr(box.f, "__module__", None) or __name__
            scope[f"{word}_{k}"] = made
    exec(compile(text, file, "exec", dont_inherit=True), scope)
    return scope


def _estimate(method: Callable[..., Any], place: int) -> Callable[..., Any]:
    def estimate(*args: Any, **constants: Any) -> Any:
        return method(place, *args, **constants)

    return estimate


def _linear_rows(box: BlackBox, scope: dict[str, Any], k: int) -> None:
    names, arrays = box.spelled, tuple(box.spelled)
    count = len(names)
    pull, push = scope[f"pull_{k}"], scope[f"push_{k}"]
    _row("linear", pull, scope[f"pull_rule_{k}"], ["bz_"], lambda _, *d: d[k], "bz_", arrays=arrays)
    _row(
        "linear", push, scope[f"push_rule_{k}"], ["d_"],
        lambda _, *d: box.dims(d[:count]), "d_", arrays=arrays,
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
