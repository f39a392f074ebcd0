"""srcdiff: derivatives of Python functions, as Python source.

>>> from srcdiff import grad
>>> grad(lambda x: x**3)(2.0)
12.0
"""

from srcdiff import implicit, rules
from srcdiff import inside as _inside  # noqa: F401  (enters what calls of grad mean in programs)
from srcdiff.api import (
    check_grad,
    cotangent,
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
from srcdiff.blackbox import estimated
from srcdiff.errors import (
    ArgumentsError,
    DtypeError,
    EstimateError,
    GradientError,
    InternalError,
    OverlapError,
    Refused,
    SrcdiffError,
)
from srcdiff.explain.inside import intermediates
from srcdiff.explain.nonfinite import trap_nonfinite
from srcdiff.files import frozen
from srcdiff.ops.markers import checkpointed, recompute
from srcdiff.optimise import adam, gradient_descent, least_squares, minimize, momentum, root

__version__ = "0.1.0"
__all__ = [
    "ArgumentsError",
    "DtypeError",
    "EstimateError",
    "GradientError",
    "InternalError",
    "OverlapError",
    "Refused",
    "SrcdiffError",
    "adam",
    "check_grad",
    "checkpointed",
    "cotangent",
    "curl",
    "directional_derivative",
    "divergence",
    "estimated",
    "frozen",
    "gauss_newton_product",
    "grad",
    "gradient_descent",
    "hessian",
    "hvp",
    "implicit",
    "inside",
    "intermediates",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "laplacian",
    "least_squares",
    "minimize",
    "momentum",
    "recompute",
    "root",
    "rules",
    "sparsity",
    "stop_gradient",
    "taylor",
    "trap_nonfinite",
    "value_and_grad",
    "vjp",
]
