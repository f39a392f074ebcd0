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
from srcdiff.blackbox import estimated
from srcdiff.errors import (
    ArgumentsError,
    EstimateError,
    GradientError,
    InternalError,
    Refused,
    SrcdiffError,
)
from srcdiff.optimise import adam, gradient_descent, least_squares, minimize, momentum, root

__version__ = "0.1.0"
__all__ = [
    "ArgumentsError",
    "EstimateError",
    "GradientError",
    "InternalError",
    "Refused",
    "SrcdiffError",
    "adam",
    "check_grad",
    "estimated",
    "grad",
    "gradient_descent",
    "hessian",
    "hvp",
    "inside",
    "jacobian",
    "jvp",
    "least_squares",
    "minimize",
    "momentum",
    "root",
    "rules",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
