"""What a function leaves in its arguments: the writes that its caller sees.

    after    x1 = set_at(x, 0, a); write_back(0, x1); return y     parameter 0 holds x1 in the end

Two arrays that are passed in are taken to be two when one of them is written; the generated function
looks at that first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from srcdiff.errors import Diagnostic, Refused
from srcdiff.ir.core import Apply, Const, Pack, Var
from srcdiff.ir.types import Array
from srcdiff.ops import python as py
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.values import Abstract, Key, Poison, Record, Ref, Seq, Value, key_of

Run = Instantiator


def put_back(run: Run, params: Sequence[Var]) -> None:
    """State what every argument and global holds in the end, where that is something else."""
    known = run.memory.known
    written: list[Var] = []
    for key, was in known.original.items():
        now = run.memory.get(key)
        if now is was:
            continue
        if isinstance(now, Poison):
            raise Refused(_unclear(run, key, now))
        if not (isinstance(was, Value) and isinstance(was.type, Array) and isinstance(now, Value)):
            raise run.refusal(
                "SD366",
                f"the function changes its argument {key.hint or describe(was)}, which is {describe(was)}",
                "arrays may be written; return the new value of anything else",
            )
        assert isinstance(was.atom, Var)
        run.build.apply(py.write_back, (Const(params.index(was.atom)), now.atom), ())
        written.append(was.atom)
    _require(run, written, params)


def _unclear(run: Run, key: Key, now: Poison) -> Diagnostic:
    d = now.diagnostic
    text = f"what the argument {key.hint} holds in the end cannot be told: {d.message}"
    return replace(d, message=text, at=run.build.at)


def _require(run: Run, written: list[Var], params: Sequence[Var]) -> None:
    """Tests at the head of the function: what is written overlaps with nothing, and is contiguous."""
    arrays = [p for p in params if isinstance(p.type, Array)]
    others = [p for p in arrays if p not in written]
    tests: list[Apply] = []
    if written and len(arrays) > 1:
        names = Pack(tuple(Const(p.hint) for p in (*written, *others)))
        args = (Pack(tuple(written)), Pack(tuple(others)), names)
        tests.append(Apply((), py.require_apart, args, run.build.at))
    for key in _assumed(run):
        array = run.memory.known.original[key]
        assert isinstance(array, Value)
        tests.append(Apply((), py.require_contiguous, (array.atom, Const(key.hint)), run.build.at))
    run.build.stmts[:0] = tests


def _assumed(run: Run) -> Iterator[Key]:
    known = run.memory.known
    yield from (key for key in known.original if key in known.assumed)


__all__ = ["Abstract", "Record", "Ref", "Seq", "key_of", "put_back"]
