"""Makes a failing program small: drops statements, unwraps blocks, shortens expressions.

Works on the syntax tree alone, so it needs no knowledge of how the program was generated. A smaller
program is kept when it still runs, is still a fair test, and still fails in the same way.
"""

from __future__ import annotations

import ast
import copy
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.properties.generate import Program, objection

Fails = Callable[[Program], bool]


def shrink(program: Program, fails: Fails, seconds: float = 60.0) -> Program:
    """Return the smallest failing program found within the time given."""
    deadline = time.monotonic() + seconds
    progress = True
    while progress and time.monotonic() < deadline:
        progress = False
        position = 0
        while time.monotonic() < deadline:
            smaller = _first_failing(program, position, fails, deadline)
            if smaller is None:
                break
            program, position = smaller
            progress = True
    return program


def _first_failing(
    program: Program, position: int, fails: Fails, deadline: float
) -> tuple[Program, int] | None:
    for number, candidate in enumerate(_smaller(program)):
        if number < position:
            continue
        if time.monotonic() > deadline:
            return None
        if candidate.source != program.source and _is_fair(candidate) and fails(candidate):
            return candidate, number
    return None


def _is_fair(program: Program) -> bool:
    try:
        with limited(2.0), warnings.catch_warnings():
            warnings.simplefilter("error")
            return objection(program) in (None, "nothing depends on the arguments")
    except Exception:
        return False


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise ``TimeoutError`` in the block when it takes longer than it may, by the processor's clock."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _smaller(program: Program) -> Iterator[Program]:
    tree = ast.parse(program.source)
    yield from _without_arguments(program, tree)
    for edit in (_statement_edits, _expression_edits):
        for index, node in enumerate(ast.walk(tree)):
            for choice in range(edit(copy.deepcopy(node), None)):
                changed = copy.deepcopy(tree)
                target = next(n for k, n in enumerate(ast.walk(changed)) if k == index)
                edit(target, choice)
                text = _unparsed(changed)
                if text is not None and len(text) <= len(program.source):
                    yield replace(program, source=text, names={})


def _unparsed(tree: ast.AST) -> str | None:
    try:
        text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            compile(text, "<smaller>", "exec")
    except (SyntaxError, SyntaxWarning, ValueError, TypeError, AttributeError):
        return None
    return text


def _without_arguments(program: Program, tree: ast.Module) -> Iterator[Program]:
    """Drop parameters of ``program`` that it does not use, and activity that does not matter."""
    function = next(n for n in tree.body if getattr(n, "name", "") == "program")
    assert isinstance(function, ast.FunctionDef)
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for index, parameter in enumerate(function.args.args):
        if len(program.wrt) > 1 and index in program.wrt:
            yield replace(program, wrt=tuple(p for p in program.wrt if p != index), names={})
        if parameter.arg in used or index in program.wrt:
            continue
        changed = copy.deepcopy(tree)
        target = next(n for n in changed.body if getattr(n, "name", "") == "program")
        assert isinstance(target, ast.FunctionDef)
        del target.args.args[index]
        wrt = tuple(p - (p > index) for p in program.wrt)
        args = program.args[:index] + program.args[index + 1 :]
        text = _unparsed(changed)
        if text is not None:
            yield replace(program, source=text, args=args, wrt=wrt, names={})


def _statement_edits(node: ast.AST, choice: int | None) -> int:
    """Count the ways to shorten a node's statement lists, or carry out one of them."""
    edits: list[Callable[[], None]] = []
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        for index, statement in enumerate(block):
            edits.append(lambda block=block, index=index: _remove(block, index))
            for inner in ("body", "orelse"):
                lines = getattr(statement, inner, None)
                if isinstance(lines, list) and lines and not isinstance(statement, ast.FunctionDef):
                    edits.append(
                        lambda b=block, i=index, new=lines: b.__setitem__(
                            slice(i, i + 1), [line for line in new]
                        )
                    )
        if len(block) > 3:
            half = len(block) // 2
            edits.append(lambda block=block, half=half: block.__delitem__(slice(0, half)))
    if choice is not None:
        edits[choice]()
    return len(edits)


def _remove(block: list[ast.stmt], index: int) -> None:
    del block[index]
    if not block:
        block.append(ast.Pass())


def _expression_edits(node: ast.AST, choice: int | None) -> int:
    """Count the ways to replace an operand of a node by something smaller, or do one of them."""
    edits: list[Callable[[], None]] = []
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.expr) and not isinstance(node, (ast.Attribute, ast.Call)):
            for new in _parts(value):
                edits.append(lambda name=name, new=new: setattr(node, name, new))
        if isinstance(value, ast.expr) and isinstance(node, ast.Call) and name == "func":
            if isinstance(value, ast.Attribute):
                for new in _parts(value.value):
                    edits.append(lambda value=value, new=new: setattr(value, "value", new))
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.expr):
                    for new in _parts(item):
                        edits.append(lambda v=value, i=index, new=new: v.__setitem__(i, new))
    if choice is not None:
        edits[choice]()
    return len(edits)


def _parts(value: ast.expr) -> list[ast.expr]:
    """Return smaller expressions that may stand for a value: its operands, or a constant."""
    if isinstance(value, (ast.Name, ast.Constant)):
        return []
    smaller: list[ast.expr] = [
        part
        for part in ast.iter_child_nodes(value)
        if isinstance(part, ast.expr) and isinstance(getattr(part, "ctx", ast.Load()), ast.Load)
    ]
    if isinstance(value, ast.Call):
        smaller = [*value.args, *(keyword.value for keyword in value.keywords)]
        if isinstance(value.func, ast.Attribute):
            smaller.append(value.func.value)
    return [*smaller, ast.Constant(1.5), ast.Constant(True)]
