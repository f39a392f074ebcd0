"""Descents, and the bridges to SciPy."""
