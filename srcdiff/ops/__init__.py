"""The table of operations and their derivative rules, and the operations of syntax.

Importing any part of the room fills the table.
"""

from srcdiff.ops import create, elementwise, index, linalg, python, reduce, reshape

__all__ = ["create", "elementwise", "index", "linalg", "python", "reduce", "reshape"]
