"""Signs where they cost nothing: `a + -b * c` is `a - b * c`, `-(a * -b)` is `a * b`.

The same to the last bit: products and quotients round alike whatever their sign.
"""

from __future__ import annotations

import ast

from srcdiff.emit.around import Expr

TURNED: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}


def split(value: Expr) -> tuple[bool, Expr]:
    """Whether a product has a minus sign, and the product without it."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        minus, rest = split(value.operand)
        return not minus, rest
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Mult, ast.Div)):
        (left, a), (right, b) = split(value.left), split(value.right)
        if left or right:
            return left != right, ast.BinOp(a, value.op, b)
    return False, value


def negated(value: Expr) -> Expr:
    """-value"""
    minus, rest = split(value)
    return rest if minus else ast.UnaryOp(ast.USub(), rest)


def combined(left: Expr, operator: ast.operator, right: Expr) -> Expr:
    """left operator right, with the sign of a sum's operand in the operator."""
    if type(operator) not in TURNED:
        whole = ast.BinOp(left, operator, right)
        minus, rest = split(whole)
        return whole if minus else rest
    minus, rest = split(right)
    if minus:
        return ast.BinOp(left, TURNED[type(operator)](), rest)
    minus, rest = split(left)
    if minus and isinstance(operator, ast.Add):
        return ast.BinOp(right, ast.Sub(), rest)
    return ast.BinOp(left, operator, right)


def increased(target: ast.Name | ast.Subscript, operator: ast.operator, value: Expr) -> ast.stmt:
    """target operator= value, with the sign of the value in the operator."""
    minus, rest = split(value)
    if minus and type(operator) in TURNED:
        return ast.AugAssign(target, TURNED[type(operator)](), rest)
    return ast.AugAssign(target, operator, value)
