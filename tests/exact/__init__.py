"""Exact derivatives beyond the gradient: Taylor series, sparse matrices, implicit functions."""
