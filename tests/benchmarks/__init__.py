"""Timings of generated gradients beside other systems; run by hand, never collected by pytest."""
