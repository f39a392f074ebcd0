"""Typed programs, run statement by statement on values that say more than numbers do.

interpret    control flow and lists, the same for all kinds of values
concrete     what an operation computes from plain values
jets         truncated Taylor series
dependence   which entries of an argument each entry of a value depends on
"""
