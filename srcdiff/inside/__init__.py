"""What `grad`, `vjp`, `jacobian`, ... mean when a differentiated program calls them itself.

asked      which function, by which arguments
products   grad, vjp, jvp, hvp, ...: statements put in place (`transform.nested`, `transform.pullback`)
matrices   jacobian, hessian, divergence, ...: programs of these
programs   those programs
moved      functions that such programs run again and again
"""

from srcdiff.inside import matrices, products

__all__ = ["matrices", "products"]
