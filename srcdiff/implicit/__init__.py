"""Implicit functions: the derivative of a solution by the condition it meets, not by how it was found.

    @implicit.root(lambda x, a: x**3 + x - a)        # holds at x = cube(a)
    def cube(a):
        ...                                          # any code at all, also of a library

With F(x, a) = 0 the implicit function theorem gives dx = -(dF/dx)^-1 (dF/da) da (Griewank & Walther,
Evaluating Derivatives, 2nd ed., section 15; Blondel et al., "Efficient and modular implicit
differentiation", NeurIPS 2022). One rule serves forward and reverse mode, of any order, and the
solver's own code is neither read nor run again.

    root            F(x, *args) = 0
    fixed_point     x = T(x, *args)
    minimiser       x minimises f(x, *args): grad f = 0
    linear_solve    A(x, *args) = b, where A is linear in x; the solver is called as solver(b, *args)

Arguments of the solver with a default are its own options: the condition does not get them, and
nothing is differentiated by them. The condition is compiled like any function and takes its data as
arguments. The matrix dF/dx is made (one sweep per entry of x) and solved with NumPy.

x and the arguments may be structures (tuples, lists, dicts, dataclasses) of floats and arrays: x has the
structure and the shapes of one of the arguments, and the condition the same.
"""

from __future__ import annotations

from srcdiff.implicit.conditions import fixed_point, linear_solve, minimiser, root

__all__ = ["fixed_point", "linear_solve", "minimiser", "root"]
