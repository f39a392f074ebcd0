"""What happened: a program run step by step, and what its steps say about a derivative.

run, local       the steps of a run; the derivative of one step by its rule
lines            the first statement whose rule is wrong
tables           the traces of a textbook
compose          the derivatives of a whole run, composed of those of its steps
nonfinite        the first statement whose cotangents are not finite
blame            what a failed check says
inside           the cotangents of the variables inside a function
drawing          the computational graph
"""
