"""Estimates of derivatives that need only values of the function.

forward_difference, backward_difference, central_difference    differences of any order
richardson                                                     extrapolated, with an error estimate
complex_step                                                   exact to rounding, analytic functions
regression_gradient, spsa                                      from random samples, for noise
directional_derivative                                         along one direction
noise_level, difference_step                                   how noisy, and the steps that follow

Each takes a function of one argument, `f(x)`, and x: a float, an array, or a structure of them.
"""

from __future__ import annotations

from srcdiff.estimate.complexstep import complex_step
from srcdiff.estimate.differences import (
    backward_difference,
    central_difference,
    forward_difference,
)
from srcdiff.estimate.directional import directional_derivative
from srcdiff.estimate.noise import difference_step, noise_level
from srcdiff.estimate.richardson import Extrapolated, richardson
from srcdiff.estimate.sampled import Sampled, regression_gradient, spsa

__all__ = [
    "Extrapolated",
    "Sampled",
    "backward_difference",
    "central_difference",
    "complex_step",
    "difference_step",
    "directional_derivative",
    "forward_difference",
    "noise_level",
    "regression_gradient",
    "richardson",
    "spsa",
]
