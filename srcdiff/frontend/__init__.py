"""From a Python function to the lowered form.

source      the function's syntax tree, checked against its compiled code
fence       what is refused, all of it at once
bound       which variable a name means, and what a closure needs
closures    closures whose variables change after they were made
normalise   jumps become nesting and flags, sugar goes
lower       syntax to operations of ops.syntax, one Template per function
"""
