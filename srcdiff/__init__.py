"""srcdiff: derivatives of Python functions, as Python source.

>>> from srcdiff import grad
>>> grad(lambda x: x**3)(2.0)
12.0
"""

from srcdiff import inside as _inside  # noqa: F401  (enters what calls of grad mean in programs)
from srcdiff import rules
from srcdiff.api import (
    check_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)
from srcdiff.errors import ArgumentsError, GradientError, InternalError, Refused, SrcdiffError
from srcdiff.explain.inside import intermediates
from srcdiff.explain.nonfinite import trap_nonfinite
from srcdiff.files import frozen

__version__ = "0.1.0"
__all__ = [
    "ArgumentsError",
    "GradientError",
    "InternalError",
    "Refused",
    "SrcdiffError",
    "check_grad",
    "frozen",
    "grad",
    "hessian",
    "hvp",
    "inside",
    "intermediates",
    "jacobian",
    "jvp",
    "rules",
    "stop_gradient",
    "trap_nonfinite",
    "value_and_grad",
    "vjp",
]
