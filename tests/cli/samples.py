"""Functions that example arguments are read for."""

from __future__ import annotations


def used(w, xs: "list[float]", ys, n: int, x: float, mode="l2"):
    ys.append(3.0)
    return w
