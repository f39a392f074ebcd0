"""srcdiff: derivatives of Python functions, as Python source.

>>> from srcdiff import grad
>>> grad(lambda x: x**3)(2.0)
12.0
"""

from srcdiff import implicit, rules
from srcdiff import inside as _inside  # noqa: F401  (enters what calls of grad mean in programs)
from srcdiff.api import (
    check_grad,
    curl,
    directional_derivative,
    divergence,
    gauss_newton_product,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    laplacian,
    sparsity,
    stop_gradient,
    taylor,
    value_and_grad,
    vjp,
)
from srcdiff.errors import ArgumentsError, GradientError, InternalError, Refused, SrcdiffError
from srcdiff.files import frozen

__version__ = "0.1.0"
__all__ = [
    "ArgumentsError",
    "GradientError",
    "InternalError",
    "Refused",
    "SrcdiffError",
    "check_grad",
    "curl",
    "directional_derivative",
    "divergence",
    "frozen",
    "gauss_newton_product",
    "grad",
    "hessian",
    "hvp",
    "implicit",
    "inside",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "laplacian",
    "rules",
    "sparsity",
    "stop_gradient",
    "taylor",
    "value_and_grad",
    "vjp",
]
