"""Printing: a typed function as Python source, and that source as a callable.

steps, webs, delay, nest     regions become assignments, temporaries nest
liveness, naming, unbound    what is alive together, and what it is called
memory, ownership            what may be changed in place, and what is copied
expressions, syntax          values as text; operations with a syntax of their own
statements, actions,         steps as text
assignments, idioms
around, source, fold         the module round the function, text, loading
python                       `emit`, all of it in order
"""
