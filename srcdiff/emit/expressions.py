"""Arguments and applications as Python expressions: names, constants, operators, calls, structures.

Operations that have a syntax of their own are in `syntax`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from srcdiff.emit.around import Around, Expr, attribute, call
from srcdiff.emit.around import name as name_node
from srcdiff.emit.memory import Ownership
from srcdiff.emit.nest import Nested
from srcdiff.emit.signs import combined, negated
from srcdiff.ir.core import Apply, Arg, Const, Cut, Pack, Star, Tree, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, is_python
from srcdiff.ops import runtime
from srcdiff.ops.table import Row

Printed = Callable[["Printer", Apply], Expr]
LIST_LIKE = ("np.array", "np.asarray", "np.concatenate", "np.stack")


@dataclass
class Printer:
    """Expressions of one function."""

    nested: Nested
    name_of: Callable[[Var], str]
    owned: Ownership
    around: Around
    syntax: Mapping[str, Printed]  # operations with a syntax of their own

    def expr(self, arg: Arg) -> Expr:
        """An argument as an expression."""
        if isinstance(arg, Var):
            made = self.nested.made.get(arg)
            return self.apply(made) if made is not None else name_node(self.name_of(arg))
        if isinstance(arg, Const):
            return self.around.literal(arg.value)
        if isinstance(arg, Pack):
            return self.whole_shape(arg) or ast.Tuple([self.expr(i) for i in arg.items], ast.Load())
        if isinstance(arg, Cut):
            return call(
                self.around.builtin("slice"), *map(self.expr, (arg.start, arg.stop, arg.step))
            )
        assert isinstance(arg, Star), arg
        return ast.Starred(self.expr(arg.value), ast.Load())

    def index(self, arg: Arg) -> Expr:
        """An argument inside of square brackets."""
        if isinstance(arg, Pack):
            return ast.Tuple([self.index(i) for i in arg.items], ast.Load())
        if not isinstance(arg, Cut):
            return self.expr(arg)
        bounds = (arg.start, arg.stop, arg.step)
        return ast.Slice(*(None if b == Const(None) else self.expr(b) for b in bounds))

    def whole_shape(self, pack: Pack) -> Expr | None:
        """(x.shape[0], x.shape[1]) is x.shape when x has two axes."""
        made = [self.nested.made.get(i) if isinstance(i, Var) else None for i in pack.items]
        arrays = [m.args[0] for m in made if m is not None and m.op.name == "extent"]
        axes = [m.args[1] for m in made if m is not None and m.op.name == "extent"]
        if not axes or axes != [Const(k) for k in range(len(made))]:
            return None
        type = type_of(arrays[0])
        if any(a is not arrays[0] for a in arrays) or not isinstance(type, Array):
            return None
        return (
            attribute(self.expr(arrays[0]), "shape") if len(type.shape or ()) == len(axes) else None
        )

    def whole_size(self, step: Apply) -> Expr | None:
        """x.shape[0] * x.shape[1] is x.size when x has two axes."""
        made = list(self.factors(step))
        if step.op.name != "multiply" or any(m is None or m.op.name != "extent" for m in made):
            return None
        arrays, axes = zip(*(m.args for m in made if m is not None))
        type = type_of(arrays[0])
        if any(a is not arrays[0] for a in arrays) or not isinstance(type, Array):
            return None
        every = [Const(k) for k in range(len(type.shape or ()))]
        return attribute(self.expr(arrays[0]), "size") if list(axes) == every else None

    def factors(self, step: Apply) -> Iterator[Apply | None]:
        """What makes the factors of a product that is written as one expression."""
        for arg in step.args:
            made = self.nested.made.get(arg) if isinstance(arg, Var) else None
            if made is not None and made.op.name == "multiply":
                yield from self.factors(made)
            else:
                yield made

    def test(self, arg: Arg) -> Expr:
        """An argument of which only its truth is asked."""
        made = self.nested.made.get(arg) if isinstance(arg, Var) else None
        return self.expr(made.args[0] if made is not None and made.op.name == "truth" else arg)

    def negation(self, arg: Arg) -> Expr:
        """`not arg`; comparisons are turned round where that is the same (not so `<` of floats)."""
        test = self.test(arg)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return test.operand
        made = self.nested.made.get(arg) if isinstance(arg, Var) else None
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            whole = made is not None and all(_is_int(a) for a in made.args)
            turned = {**TURNED, **(TURNED_INT if whole else {})}.get(type(test.ops[0]))
            if turned is not None:
                return ast.Compare(test.left, [turned()], test.comparators)
        return ast.UnaryOp(ast.Not(), test)

    # --- applications ---

    def apply(self, step: Apply) -> Expr:
        """An application as an expression."""
        if step.outs and step.outs[0] in self.owned.detached:
            return call(self.around.dotted("np.copy"), self.plain(step))
        return self.plain(step)

    def plain(self, step: Apply) -> Expr:
        special = self.syntax.get(step.op.name)
        if special is not None:
            return special(self, step)
        assert isinstance(step.op, Row), f"no way to print {step.op.name}"
        return self.whole_size(step) or self.operator(step.op, step) or self.call_row(step.op, step)

    def operator(self, row: Row, step: Apply) -> Expr | None:
        if row.symbol is None:
            return None
        args = [self.expr(a) for a in step.args]
        if issubclass(row.symbol, ast.operator) and len(args) == 2:
            if step.adjoint:
                return combined(args[0], row.symbol(), args[1])
            return ast.BinOp(args[0], row.symbol(), args[1])
        if step.adjoint and issubclass(row.symbol, ast.USub):
            return negated(args[0])
        if issubclass(row.symbol, ast.unaryop) and len(args) == 1:
            return ast.UnaryOp(row.symbol(), args[0])
        if issubclass(row.symbol, ast.cmpop) and len(args) == 2:
            return ast.Compare(args[0], [row.symbol()], [args[1]])
        return None

    def call_row(self, row: Row, step: Apply) -> Expr:
        """A call with the arguments as its signature has them; defaults are left out."""
        function, python = self.function(row, step)
        positional: list[Expr] = []
        keywords: list[ast.keyword] = []
        for parameter, arg in zip(row.signature.parameters.values(), step.args):
            if parameter.kind is parameter.VAR_POSITIONAL and isinstance(arg, Pack):
                positional += [self.expr(i) for i in arg.items]
            elif parameter.default is parameter.empty or parameter.name in row.operands:
                positional.append(self.sequence(row, arg))
            elif arg != Const(parameter.default):
                if python and parameter.kind is not parameter.KEYWORD_ONLY and not keywords:
                    positional.append(self.expr(arg))
                else:
                    keywords.append(ast.keyword(parameter.name, self.expr(arg)))
        return ast.Call(function, positional, keywords)

    def sequence(self, row: Row, arg: Arg) -> Expr:
        """An operand; several arrays are given as a list."""
        if isinstance(arg, Pack) and (row.sequence or row.path in LIST_LIKE):
            return ast.List([self.sequence(row, i) for i in arg.items], ast.Load())
        return self.expr(arg)

    def function(self, row: Row, step: Apply) -> tuple[Expr, bool]:
        """The function of a row, and whether it is Python's own, as for Python's numbers."""
        if row.scalar is not None and step.outs and is_python(step.outs[0].type):
            return self.around.reference(row.scalar), True
        if row.path and getattr(runtime, row.path, None) is not row.function:
            return self.around.dotted(row.path), row.path.startswith("math.") or "." not in row.path
        return self.around.reference(row.function), False

    # --- structures ---

    def tree(self, tree: Tree, leaves: list[Expr]) -> Expr:
        """A result put together."""
        if tree.kind == "leaf":
            return leaves[tree.index]
        if tree.kind == "static":
            return self.around.literal(tree.value)
        inner = [self.tree(c, leaves) for c in tree.children]
        if tree.kind == "tuple":
            return ast.Tuple(inner, ast.Load())
        if tree.kind == "list":
            return ast.List(inner, ast.Load())
        if tree.kind == "dict":
            return ast.Dict([self.around.literal(k) for k in tree.keys], inner)
        return call(self.around.reference(tree.value), **dict(zip(tree.keys, inner)))

    def zero(self, type: Type) -> Expr:
        """The zero of a scalar type."""
        assert isinstance(type, Scalar)
        zero = np.zeros((), type.dtype)[()]
        return self.around.literal(zero.item() if type.weak else zero)

    def copy(self, type: Type, value: Expr) -> Expr:
        """A copy of a value that is not ours, which lies in memory as it does.

        The method makes rows of what lies in columns: sums would be added in another order.
        """
        if isinstance(type, Array) and (type.shape is None or len(type.shape) > 1):
            return call(self.around.dotted("np.copy"), value)
        if not isinstance(type, ListOf):
            return call(attribute(value, "copy"))
        if isinstance(type.element, Scalar):
            return call(self.around.builtin("list"), value)
        return call(self.around.helper(runtime.copied), value)


TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
TURNED_INT: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}


def type_of(arg: Arg) -> Type | None:
    """The type of an argument, if it is one value."""
    if isinstance(arg, Var):
        return arg.type
    if isinstance(arg, Const) and isinstance(arg.value, (bool, int, float, complex, np.generic)):
        dtype = (
            np.dtype(type(arg.value))
            if isinstance(arg.value, np.generic)
            else np.min_scalar_type(arg.value)
        )
        weak = not isinstance(arg.value, np.generic)
        return Scalar(
            {"f": "float64", "c": "complex128", "b": "bool"}.get(dtype.kind, "int64")
            if weak
            else dtype.name,
            weak,
        )
    return None


def _is_int(arg: Arg) -> bool:
    type = type_of(arg)
    return isinstance(type, Scalar) and np.dtype(type.dtype).kind in "iub" and not type.optional


def subscript(p: Printer, owner: Expr, index: Arg) -> ast.Subscript:
    """owner[index]; a single index of an array needs no comma."""
    if isinstance(index, Pack) and len(index.items) == 1 and _is_basic(index.items[0]):
        index = index.items[0]
    return ast.Subscript(owner, p.index(index), ast.Load())


def _is_basic(index: Arg) -> bool:
    return isinstance(index, (Cut, Const)) or isinstance(type_of(index), Scalar)
