"""The intermediate form: structured SSA. Data only; nothing here knows an operation.

    Function ::= name(params) body                  with the spelling of inputs and of the result
    Block    ::= (params) statements -> results
    Stmt     ::= outs = Apply(op, args)
               | outs = If(test, then, orelse)
               | outs = For(over, inits, body)
               | outs = While(inits, test, body)
    Arg      ::= Var | Const | Pack(args) | Span of an axis (Cut) | Range | Star(arg)

Every Var is defined once: by a statement's outs, or as a parameter of a block or function. A block
may use what is defined outside it before it starts; what it hands on, it returns as results.

Regions:

    If      then, orelse have no parameters; their results are the outs, one to one.
    For     body.params  = (item, *carried)
            body.results = ([stop,] *carried', *stacked)
            outs         = (*carried, *stacked)
    While   test.params  = (*carried),  test.results = (go_on,)
            body.params  = (*carried),  body.results = ([stop,] *carried', *stacked)
            outs         = (*carried, *stacked)

`carried` values go round the loop. A `stacked` result collects its value of every iteration into a
list (JAX's scan calls them ys): entry k belongs to the k-th element of the range in its own order,
also when the loop runs backward. Records of the forward sweep and list comprehensions are this. With
`breaks`, the first result is a flag: when true the loop ends after that iteration.

`adjoint` marks the statements of the reverse sweep; print comments on them.

The same classes hold a program before its types are known (operations of `ops.syntax`, For over any
iterable) and after (rows of the table, For over a Range).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Union

from srcdiff.errors import NOWHERE, Span
from srcdiff.ir.types import UNKNOWN, Type


@dataclass(frozen=True, eq=False)
class Op:
    """What an Apply applies. Rows of the table and the syntax operations derive from it.

    effect: it must run even when nobody uses its result, and in order (raise, print).
    """

    name: str
    effect: bool = field(default=False, kw_only=True)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class Var:
    """A value: an identity. `hint` is the spelling wanted in print ("" for a temporary)."""

    hint: str = ""
    type: Type = UNKNOWN

    def __repr__(self) -> str:
        return self.hint or "_"


@dataclass(frozen=True, eq=False)
class Const:
    """A Python value known while compiling. Equal when value and type are (1 is not 1.0)."""

    value: Any

    def _key(self) -> tuple[type, Any]:
        value = self.value
        if isinstance(value, (float, complex)):
            return type(value), repr(value)
        return type(value), value if _hashable(value) else id(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Const({self.value!r})"


def _hashable(value: Any) -> bool:
    return value is None or isinstance(value, (int, str, bytes, bool, type(Ellipsis)))


class _Undefined:
    """The value of a name not bound on a path (`Const(UNDEFINED)`)."""

    def __repr__(self) -> str:
        return "undefined"


class _Never:
    """The value of a name on a path that raises: the path never arrives (`Const(NEVER)`)."""

    def __repr__(self) -> str:
        return "never"


UNDEFINED, NEVER = _Undefined(), _Never()

Atom = Union[Var, Const]


@dataclass(frozen=True)
class Pack:
    """Several arguments passed as one: a shape, an index with several parts, a list of arrays."""

    items: tuple[Arg, ...]


@dataclass(frozen=True)
class Cut:
    """A slice start:stop:step inside an index."""

    start: Arg
    stop: Arg
    step: Arg


@dataclass(frozen=True)
class Range:
    """The iteration space of a typed For: range(start, stop, step), run from its end if backward.

    snapshots: how many states of the loop its reverse may keep; None: a record of every iteration;
    0, of a reverse loop: nothing is to be kept of its own iterations.
    """

    start: Arg
    stop: Arg
    step: Arg
    backward: bool = False
    snapshots: Arg = Const(None)


@dataclass(frozen=True)
class Star:
    """An argument or item that is spliced in place: *value, or **value if it is a mapping."""

    value: Arg
    mapping: bool = False


Arg = Union[Var, Const, Pack, Cut, Range, Star]


@dataclass(frozen=True, eq=False)
class Block:
    params: tuple[Var, ...]
    stmts: tuple[Stmt, ...]
    results: tuple[Atom, ...]


@dataclass(frozen=True, eq=False)
class Apply:
    outs: tuple[Var, ...]
    op: Op
    args: tuple[Arg, ...]
    at: Span = NOWHERE
    adjoint: bool = False


@dataclass(frozen=True, eq=False)
class If:
    outs: tuple[Var, ...]
    test: Atom
    then: Block
    orelse: Block
    at: Span = NOWHERE
    adjoint: bool = False


@dataclass(frozen=True, eq=False)
class For:
    outs: tuple[Var, ...]
    over: Arg
    inits: tuple[Atom, ...]
    body: Block
    breaks: bool = False
    at: Span = NOWHERE
    adjoint: bool = False


@dataclass(frozen=True, eq=False)
class While:
    outs: tuple[Var, ...]
    inits: tuple[Atom, ...]
    test: Block
    body: Block
    breaks: bool = False
    at: Span = NOWHERE
    adjoint: bool = False


Stmt = Union[Apply, If, For, While]
Loop = (For, While)


@dataclass(frozen=True)
class Tree:
    """How Python structure is made of leaves.

    kind: "leaf" (an index into the flat values), "static" (a Python value known while compiling),
    "tuple", "list", "dict" (keys names the entries), or "object" (cls, keys names the fields).
    """

    kind: str
    children: tuple[Tree, ...] = ()
    keys: tuple[Any, ...] = ()
    index: int = -1
    value: Any = None  # a static value, or the class of an object

    def leaves(self) -> Iterator[int]:
        """Indices of the leaves, in order."""
        if self.kind == "leaf":
            yield self.index
        for child in self.children:
            yield from child.leaves()


def leaf(index: int) -> Tree:
    """A Tree that is one flat value."""
    return Tree("leaf", index=index)


@dataclass(frozen=True)
class Input:
    """A parameter of the Python function: its name and how its value falls into `params`."""

    name: str
    tree: Tree
    keyword_only: bool = False


@dataclass(frozen=True, eq=False)
class Function:
    """A function. `params` are the flat values; `inputs` and `output` tell their Python structure."""

    name: str
    params: tuple[Var, ...]
    body: Block
    inputs: tuple[Input, ...] = ()
    output: Tree = Tree("leaf", index=0)
    at: Span = NOWHERE
    doc: str = ""
