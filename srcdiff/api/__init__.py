"""The public interface: derivatives of Python functions, with JAX's names and conventions.

grad, value_and_grad          gradients of functions that return one real number      gradients.py
vjp, jvp                      the two products with the Jacobian                      products.py
jacobian, hessian, hvp        matrices and products made of them                      matrices.py
check_grad                    is a gradient right? (`srcdiff.check` finds it out)     checks.py

Below them: requests (what is asked for), seeds (tangents and cotangents in the right structure),
compiled (one variant per signature), derivative (the object that `grad` returns).
"""

from srcdiff.api.derivative import Derivative
from srcdiff.api.directions import (
    curl,
    directional_derivative,
    divergence,
    gauss_newton_product,
    hvp,
    laplacian,
)
from srcdiff.api.gradients import check_grad, grad, value_and_grad
from srcdiff.api.matrices import hessian, jacfwd, jacobian, jacrev
from srcdiff.api.products import jvp, vjp
from srcdiff.api.sparse import sparsity
from srcdiff.api.taylor import taylor
from srcdiff.ops.hooks import cotangent
from srcdiff.ops.runtime import stop_gradient

__all__ = [
    "Derivative",
    "check_grad",
    "cotangent",
    "curl",
    "directional_derivative",
    "divergence",
    "gauss_newton_product",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "laplacian",
    "sparsity",
    "stop_gradient",
    "taylor",
    "value_and_grad",
    "vjp",
]
