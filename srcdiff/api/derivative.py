"""Derivative: the object that `grad` returns, called like the original."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from srcdiff.api.checks import checked
from srcdiff.api.compiled import LOCK, Compiled, finished, hidden_values
from srcdiff.api.defaults import defaults_of
from srcdiff.api.requests import misuse, signature_of
from srcdiff.dispatch import LEFT_OUT, Dispatcher, Variant
from srcdiff.errors import GradientError, SrcdiffError
from srcdiff.explain.beside import Beside, beside
from srcdiff.frontend.lower import lower
from srcdiff.ir.text import print_function
from srcdiff.transform.decisions import shown
from srcdiff.transform.request import Request
from srcdiff.transform.specialise import Primal, plain_function, specialise


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
        self.__signature__ = signature_of(request.function)
        super().__init__(self, self.__signature__, request.function)
        slow = self._check_and_call if check else self.compile_and_call
        self.dispatcher = Dispatcher(
            self.__signature__, slow, self._call_again, defaults_of(request.function)
        )

    @property
    def primal(self) -> Callable[..., Any]:
        """The original function."""
        return self.request.function  # type: ignore[no-any-return]

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self.dispatcher.call(*args, **keywords)

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
        if not self.dispatcher.defaults.stand():
            self._read_signature()
        return super().bind(args, keywords)

    def _call_again(self, given: dict[str, Any]) -> Any:
        """A call that leaves something out, by a signature that is not the function's any more."""
        known = {name: value for name, value in given.items() if value is not LEFT_OUT}
        bound = inspect.BoundArguments(self.__signature__, known)
        self._read_signature()
        return self.dispatcher.call(*bound.args, **bound.kwargs)

    def _read_signature(self) -> None:
        """The function has other defaults than it had."""
        with LOCK:
            function, old = self.request.function, self.dispatcher
            self.__signature__ = signature_of(function)
            made = Dispatcher(self.__signature__, old.slow, old.again, defaults_of(function))
            same = list(self.__signature__.parameters) == list(old.signature.parameters)
            for variant in reversed(old.variants if same else []):
                made.add(variant)
            self.dispatcher = made

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        """Decorated methods: the object is the first argument."""
        return self if owner is None else functools.partial(self, owner)

    def compile(self, bound: inspect.BoundArguments) -> Variant:
        primal = self.specialised(bound)
        request = self.request
        name = _DERIVED_NAMES[request.kind].format(request.name)
        variant = finished(primal, name, _doc(request))
        _take_defaults(variant.call, self.__signature__)
        return variant

    def specialised(self, bound: inspect.BoundArguments) -> Primal:
        """The derivative as a typed function, before it is tidied."""
        return specialise(self, bound)[0]

    def compiled(self, *args: Any, **keywords: Any) -> Callable[..., Any]:
        """The generated function for these arguments, as a plain Python function.

        It takes what the original takes. Where the original reads globals or closure variables that
        hold data, these are its keyword arguments; they are filled in with their values of now.
        """
        variant, _ = self.variant(args, keywords)
        hidden = hidden_values(variant)
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
            raise misuse("SD507", f"no stage {stage!r}", "lowered, primal or derivative")
        return print_function(self.variant(args, keywords)[0].primal.function)

    def explain(self, *args: Any, **keywords: Any) -> str:
        """What the reverse sweep records, recomputes and leaves out, and why, as text.

        >>> import numpy as np
        >>> from srcdiff import grad
        >>> def f(x):
        ...     for k in range(3):
        ...         x = np.sin(x)
        ...     return x
        >>> print(grad(f).explain(0.5))
        f with respect to x
          recorded, one entry per round (line 2: for k in range(3):)
            x, float64; the adjoint of line 3 needs it
        """
        args, keywords = self._examples(args, keywords)
        primal = self.specialised(self.bind(args, keywords))
        title = f"{self.request.name} with respect to {', '.join(self.request.wrt)}"
        return shown(primal.decisions, title)

    def side_by_side(self, *args: Any, **keywords: Any) -> Beside:
        """The function and its derivative for arguments like these, line by line.

        Notebooks show the result in two columns, in which lines that belong together have one colour;
        `print` shows it as text, the number of its line before each generated one (12' for the adjoint
        of line 12).

        >>> from srcdiff import grad
        >>> def cube(x):
        ...     return x**3
        >>> print(grad(cube).side_by_side(2.0))
        1 def cube(x):    |    def cube_grad(x):
        2     return x**3 |        \"""Gradient of cube with respect to x.\"""
                        | 2'     # adjoint of line 2: return x**3
                        | 2'     return 3 * x ** 2
        """
        variant, _ = self.variant(*self._examples(args, keywords))
        return beside(self.primal, variant.more)

    def _repr_html_(self) -> str:
        """The derivative that was used last, beside the function; before that the one for the annotations."""
        variants = self.dispatcher.variants
        if variants:
            return beside(self.primal, variants[-1].more)._repr_html_()
        try:
            return self.side_by_side()._repr_html_()
        except SrcdiffError as error:
            note = str(error).splitlines()[0]
            return beside(self.primal, None, f"{self!r}: {note}")._repr_html_()

    def _examples(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args or keywords:
            return args, keywords
        return tuple(_from_annotations(self.primal)), {}

    def check(self, *args: Any, **keywords: Any) -> Any:
        """Verify the gradient at these arguments; the report, or GradientError."""
        return checked(self, args, keywords)

    def _check_and_call(self, *args: Any, **keywords: Any) -> Any:
        before, call = list(self.dispatcher.variants), self.dispatcher.call
        self.variant(args, keywords)
        try:
            checked(self, args, keywords)
        except GradientError:
            self.dispatcher.variants, self.dispatcher.call = before, call
            raise
        return self.compile_and_call(*args, **keywords)

    def __reduce__(self) -> Any:
        function = self.request.function
        module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
        known = _named(module, name)
        if known is self:
            return _lookup, (module, name)
        if known is function or not isinstance(function, types.FunctionType):
            return type(self), (self.request, self.checked)  # pickle finds the function, or says no
        raise misuse(
            "SD508", f"{name} cannot be found in its module, so its derivative does not pickle"
        )

    def __repr__(self) -> str:
        wrt = ", ".join(self.request.wrt)
        return f"<{self.request.kind} of {self.request.name} with respect to {wrt}>"


_DERIVED_NAMES = {"grad": "{}_grad", "value_and_grad": "{}_value_and_grad", "jvp": "{}_jvp"}


def _take_defaults(call: Any, signature: inspect.Signature) -> None:
    """Give a generated function the defaults of the original: those at the end of its arguments."""
    given: list[Any] = []
    for p in reversed(list(signature.parameters.values())):
        if p.default is p.empty:
            break
        given.append(p.default)
    call.__defaults__ = tuple(reversed(given)) or None


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


def _from_annotations(function: Any) -> Iterable[Any]:
    examples = {"float": 1.0, "int": 1, "bool": True, float: 1.0, int: 1, bool: True}
    for p in inspect.signature(function).parameters.values():
        if p.default is not p.empty:
            continue
        if p.annotation not in examples:
            raise misuse(
                "SD509",
                f"the annotation of {p.name!r} does not say enough to compile for",
                "pass example arguments: source(w, X, y)",
            )
        yield examples[p.annotation]
