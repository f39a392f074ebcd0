"""Estimates of derivatives that need only values of the function."""

from __future__ import annotations

from srcdiff.estimate.differences import (
    backward_difference,
    central_difference,
    complex_step,
    forward_difference,
)

__all__ = ["backward_difference", "central_difference", "complex_step", "forward_difference"]
