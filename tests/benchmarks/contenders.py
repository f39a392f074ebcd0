"""The same gradient by each system, as a function of no arguments.

A program is written once, against a global name `np`; autograd and JAX get a copy of it in which
that name means their own NumPy.
"""

import types
from importlib.util import find_spec

import srcdiff


def copied(f, **renamed):
    """A new function object with the code of `f`, in which some global names mean other things."""
    new = types.FunctionType(
        f.__code__, {**f.__globals__, **renamed}, f.__name__, f.__defaults__, f.__closure__
    )
    new.__kwdefaults__ = f.__kwdefaults__
    new.__module__ = f.__module__
    new.__qualname__ = f.__qualname__
    return new


def primal(case):
    f, args = case.program.primal, case.program.args
    return lambda: f(*args)


def by_hand(case):
    f, args = case.program.gradient, case.program.args
    return lambda: f(*args)


def with_srcdiff(case):
    gradient, args = (
        srcdiff.grad(copied(case.program.primal), wrt=case.program.wrt),
        case.program.args,
    )
    return lambda: gradient(*args)


def with_autograd(case):
    import autograd
    import autograd.numpy

    f = copied(case.program.primal, np=autograd.numpy)
    gradient, args = autograd.grad(f, case.program.wrt), case.program.args
    return lambda: gradient(*args)


def with_jax(case):
    """Compiled by XLA in double precision, its arguments on the device beforehand."""
    import jax
    import jax.numpy

    f = case.for_jax() if case.for_jax else copied(case.program.primal, np=jax.numpy)
    counts = tuple(i for i, arg in enumerate(case.program.args) if isinstance(arg, int))
    gradient = jax.jit(jax.grad(f, case.program.wrt), static_argnums=counts)
    args = [
        arg if i in counts else jax.tree.map(jax.numpy.asarray, arg)
        for i, arg in enumerate(case.program.args)
    ]
    return lambda: jax.block_until_ready(gradient(*args))


def gradients():
    """The systems that are installed, by name."""
    found = {"by hand": by_hand, "srcdiff": with_srcdiff}
    if find_spec("autograd"):
        found["autograd"] = with_autograd
    if find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        found["JAX jit"] = with_jax
    return found
