"""The text of a derivative file.

    docstring       which functions are in it
    # text ...      the hash of all other lines: an edit by hand shows
    imports, what the functions need, the functions: each primal, then its derivatives
    __derivatives__ for each derivative what it is of, for which signature, and the hash of the source
    example arguments and the check that `python FILE.py` runs

Equal requests give equal bytes, on every Python and in every run.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from srcdiff.emit.python import Emitted, emit
from srcdiff.errors import refuse
from srcdiff.files import examples, selfcheck
from srcdiff.files.annotate import defaults_of, heading
from srcdiff.files.ask import Ask, compiled, outer_kind
from srcdiff.files.carry import Cargo, class_lines
from srcdiff.files.reach import digest
from srcdiff.files.spell import signature
from srcdiff.ir.core import Block, Function
from srcdiff.ops.syntax import Namespace
from srcdiff.transform.specialise import Primal

MARK = "# text of this file: sha256 "
COMMENT = 88


@dataclass(frozen=True)
class Item:
    """A derivative wanted in a file: of which function, and example arguments by name."""

    ask: Ask
    target: str  # module:qualname, where the function is found again
    arguments: Mapping[str, Any]


@dataclass
class Made:
    """A function of the file."""

    item: Item
    ask: Ask
    primal: Primal
    name: str
    base: Made | None = None

    @property
    def hidden(self) -> list[str]:
        return [i.name for i in self.primal.function.inputs if i.keyword_only]

    def data(self) -> dict[str, Any]:
        """The globals and closure variables it reads, with their values of now."""
        return {n: ns.lookup(read) for n, (ns, read) in zip(self.hidden, self.primal.hidden)}

    @property
    def root(self) -> Made:
        """The function that this is a derivative of, perhaps by way of others."""
        return self if self.base is None else self.base.root


def text(
    items: Sequence[Item], kept: Mapping[str, str] | None = None, *, exact: bool = False
) -> str:
    """The file for some derivatives.

    kept: sources of example functions by name, to be used in place of new ones.  exact: example
    arrays of any size are written out.

    Raises Refused (SD708) where something cannot be put into a file, and as compiling does.
    """
    for item in items:
        _only_named_arguments(item)
    made = _functions(items)
    for one in made:
        _no_globals(one)
    emitted = emit(made[-1].primal.function, also=tuple(m.primal.function for m in made[:-1]))
    derivatives = [m for m in made if m.base is not None]
    parts = _pieces(emitted, made)
    tail = [_table(derivatives), *_check(made, kept or {}, exact)]
    body = "\n\n\n".join([_imports(parts, tail), *parts.blocks, *tail]) + "\n"
    return sealed(_docstring(derivatives), body)


def sealed(docstring: str, body: str) -> str:
    """The whole text with the hash of it in front."""
    value = hashlib.sha256((docstring + body).encode()).hexdigest()
    return f"{docstring}\n\n{MARK}{value[:32]}\n# fmt: off\n\n{body}"


def is_edited(text: str) -> bool:
    """Whether a derivative file is not as it was written."""
    docstring, mark, rest = text.partition(f"\n\n{MARK}")
    value, _, body = rest.partition("\n# fmt: off\n\n")
    return not mark or hashlib.sha256((docstring + body).encode()).hexdigest()[:32] != value


def is_derivative_file(text: str) -> bool:
    """Whether a text was written as a derivative file."""
    return f"\n{MARK}" in text


def _only_named_arguments(item: Item) -> None:
    kinds = {p.kind for p in inspect.signature(item.ask.function).parameters.values()}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        raise refuse(
            "SD708",
            f"{item.target} takes *args or **kwargs, and a derivative file needs named arguments",
            hint="write a function of named arguments that calls it",
        )


def _no_globals(made: Made) -> None:
    """Refuse what assigns variables of its module: a derivative file has variables of its own."""
    for _, name in made.primal.rebinds:
        raise refuse(
            "SD708",
            f"{made.item.target} assigns the global {name}, which a derivative file cannot do",
            hint="let the function return the new value",
        )


# --- the functions --------------------------------------------------------------------------------


def _functions(items: Sequence[Item]) -> list[Made]:
    """Each derivative after what it is the derivative of, none twice."""
    found: dict[tuple[Any, ...], Made] = {}
    taken: set[str] = {p for item in items for p in item.arguments}
    for item in items:
        base: Made | None = None
        for ask in _chain(item.ask):
            primal, given = compiled(ask, item.arguments)
            key = (item.target, replace(ask, function=None), signature(given, primal.fixed))
            if key not in found:
                name = _unused(primal.function.name, taken, ask)
                primal = replace(primal, function=replace(primal.function, name=name))
                found[key] = Made(item, ask, primal, name, base)
            base = found[key]
    return list(found.values())


def _chain(ask: Ask) -> list[Ask]:
    """The function, its derivative, the derivative of that, as far as is asked."""
    if ask.kind == "primal":
        return [replace(ask, wrt=(), single=True, has_aux=False)]
    return [*_chain(ask.base), ask]


def _unused(name: str, taken: set[str], ask: Ask) -> str:
    shown, number = name, 2
    while shown in taken:
        shown, number = f"{name}_{number}", number + 1
    taken.add(shown)
    return shown


# --- what is printed ------------------------------------------------------------------------------


@dataclass
class _Pieces:
    """The imports, and the other blocks in order."""

    imports: set[str]
    blocks: list[str]


def _pieces(emitted: Emitted, made: Sequence[Made]) -> _Pieces:
    """What was printed, with types, without lines of the user's file, with the user's objects."""
    cargo = Cargo()
    for name, value in sorted(emitted.constants.items()):
        cargo.bring(name, value)
    by_name = {m.name: m for m in made}
    lines = emitted.source.splitlines()
    imports, front, blocks = set(cargo.imports.values()), [], []
    for node in ast.parse(emitted.source).body:
        own = lines[node.lineno - 1 : node.end_lineno]
        if isinstance(node, ast.Import):
            imports.add("\n".join(own))
        elif isinstance(node, ast.Assign):
            front.append("\n".join(own))
        elif isinstance(node, ast.FunctionDef):
            blocks.append(_definition(node, own, by_name.get(node.name), cargo))
    order = {name: place for place, name in enumerate(by_name)}
    names = [re.match(r"def (\w+)", b)[1] for b in blocks]  # type: ignore[index]
    blocks = [b for _, b in sorted(zip(names, blocks), key=lambda p: order.get(p[0], -1))]
    helpers = len(blocks) - len(order)
    carried = list(cargo.definitions.values())
    renamed = ["\n".join(front)] if front else []
    return _Pieces(imports, [*carried, *blocks[:helpers], *renamed, *blocks[helpers:]])


def _definition(node: ast.FunctionDef, lines: list[str], made: Made | None, cargo: Cargo) -> str:
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    start = node.body[0].lineno - node.lineno
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    head, body = lines[:start], lines[start:]
    if made is None:
        if used & set(cargo.classes):
            class_lines(Function("", (), Block((), (), ())), cargo.classes, used)
        return "\n".join(_comments(lines))
    function = made.primal.function
    head = heading(function, _defaults(made))
    classes = class_lines(function, cargo.classes, used)
    size = (node.body[0].end_lineno or 0) - node.body[0].lineno + 1 if function.doc else 0
    body = [*body[:size], *(f"    {line}" for line in classes), *body[size:]]
    return "\n".join(_comments([*head, *body]))


def _defaults(made: Made) -> dict[str, Any]:
    names = [i.name for i in made.primal.function.inputs if not i.keyword_only]
    found = defaults_of(made.item.ask.function, names)
    numbers = {n: v for n, v in made.data().items() if type(v) in (int, float, bool)}
    return {**found, **numbers}


def _comments(lines: Sequence[str]) -> Iterator[str]:
    """Comments without line numbers, which change whenever something is written above."""
    for line in lines:
        found = re.match(r"( +)# adjoint of line \d+(?: of (\w+))?: (.*)", line)
        if not found:
            yield line
            continue
        where = f" in {found[2]}" if found[2] else ""
        whole = f"{found[1]}# adjoint{where} of: {found[3].removesuffix('...')}"
        cut = len(whole) > COMMENT - 14 or found[3].endswith("...")
        yield whole[: COMMENT - 17].rstrip() + "..." if cut else whole


def _imports(parts: _Pieces, tail: Sequence[str]) -> str:
    """The imports in the usual order: the standard library, then NumPy."""
    whole = "\n".join([*parts.blocks, *tail])
    lines = set(parts.imports) | {"import numpy as np"}
    if re.search(r"\bmath\.", whole):
        lines.add("import math")
    if "NDArray[" in whole:
        lines.add("from numpy.typing import NDArray")
    numpy = {line for line in lines if line.split()[1].partition(".")[0] == "numpy"}
    groups = (lines - numpy, numpy)
    ordered = (sorted(g, key=lambda line: (line.startswith("from"), line)) for g in groups)
    return "\n\n".join("\n".join(g) for g in ordered if g)


def _docstring(derivatives: Sequence[Made]) -> str:
    """What the file is, and what is in it."""
    of = list(dict.fromkeys(m.item.target for m in derivatives))
    lines = [f'"""Derivatives of {", ".join(of)}, written by `srcdiff emit`.', ""]
    for made in derivatives:
        lines += textwrap.wrap(
            f"{made.name}: {made.primal.function.doc}",
            92, initial_indent="    ", subsequent_indent="        ",
        )  # fmt: skip
    return "\n".join([
        *lines, "",
        "`srcdiff emit --check` tells whether they are still those of the source; `python` with the",
        "name of this file holds them against differences.",
        '"""',
    ])  # fmt: skip


# --- the table ------------------------------------------------------------------------------------


def entry(made: Made) -> dict[str, Any]:
    """What the file says of a derivative."""
    assert made.base is not None
    arguments, ask = made.item.arguments, made.ask
    outers = [outer_kind(a, arguments) for a in _chain(ask)[1:]]
    return {
        "of": made.item.target,
        "kind": ask.kind,
        "order": ask.order,
        "wrt": list(ask.wrt),
        "single": ask.single,
        "has_aux": ask.has_aux,
        "signature": signature(arguments, _own(made.primal.fixed, arguments)),
        "source": digest(ask.function),
        "fixed": sorted(_own(made.primal.fixed, arguments), key=repr),
        "reads": _places(made),
        "data": signature(made.data()),
        "base": made.base.name,
        "outer": outers[-1],
        "inner": outers[:-1],
        "primal": made.root.name,
        "hidden": made.hidden,
        "base_hidden": made.base.hidden,
        "primal_hidden": made.root.hidden,
        "example": f"_example_{made.root.name}",
    }


def _own(fixed: frozenset[Any], arguments: Mapping[str, Any]) -> frozenset[Any]:
    """The constants among the function's own arguments, tangents left out."""
    return frozenset(p for p in fixed if (p[1] if p[0] == "apart" else p[0]) in arguments)


def _places(made: Made) -> dict[str, str]:
    """Where the data is found that a derivative reads besides its arguments."""
    function = made.item.ask.function
    cells = getattr(function, "__closure__", None) or ()
    return {
        name: _place(namespace, read, cells)
        for name, (namespace, read) in zip(made.hidden, made.primal.hidden)
    }


def _place(namespace: Namespace, name: str, cells: Sequence[Any]) -> str:
    if name in namespace.cells:
        return f"closure:{name}" if any(c is namespace.cells[name] for c in cells) else ""
    if isinstance(namespace.owner, type):
        return _place_in_class(namespace.owner, name)
    module = namespace.globals.get("__name__")
    return f"{module}:{name}" if isinstance(module, str) and namespace.owner is None else ""


def _place_in_class(cls: type, name: str) -> str:
    """That of a class attribute, if the class is found in its module."""
    found: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return f"{cls.__module__}:{cls.__qualname__}.{name}" if found is cls else ""


def _table(derivatives: Sequence[Made]) -> str:
    lines = ["__derivatives__ = {"]
    for made in derivatives:
        lines.append(f'    "{made.name}": {{')
        for key, value in entry(made).items():
            lines += _pair(key, value)
        lines.append("    },")
    return "\n".join([*lines, "}"])


def _pair(key: str, value: Any) -> list[str]:
    shown = _quoted(value)
    one = f'        "{key}": {shown},'
    if len(one) <= COMMENT or not isinstance(value, str):
        return [one]
    pieces = textwrap.wrap(
        value, 68, drop_whitespace=False, break_long_words=False, break_on_hyphens=False
    )
    return [
        f'        "{key}": (',
        *(f"            {_quoted(piece)}" for piece in pieces),
        "        ),",
    ]


def _quoted(value: Any) -> str:
    """A literal with double quotes where that needs no escapes."""
    if isinstance(value, str):
        plain = '"' not in value and "\\" not in repr(value)
        return f'"{value}"' if plain else repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple):
        inner = ", ".join(_quoted(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return f"[{', '.join(_quoted(v) for v in value)}]" if isinstance(value, list) else repr(value)


# --- the check ------------------------------------------------------------------------------------


def _check(made: Sequence[Made], kept: Mapping[str, str], exact: bool) -> list[str]:
    """Example functions, and what `python FILE.py` runs."""
    blocks = []
    for primal in (m for m in made if m.base is None):
        name = f"_example_{primal.name}"
        data = {k: v for m in made if m.root.name == primal.name for k, v in m.data().items()}
        blocks.append(kept.get(name) or examples.text(name, primal.item.arguments, data, exact))
    whole = "\n".join(blocks)
    needs = [(examples._sample, "_sample("), (examples._Record, "_record("),
             (examples._record, "_record(")]  # fmt: skip
    carried = [_plain(f) for f, word in needs if word in whole]
    own = [_plain(f) for f in vars(selfcheck).values() if inspect.isfunction(f)]
    main = 'if __name__ == "__main__":\n    raise SystemExit(1 if _check_all(__derivatives__, globals()) else 0)'
    return [*carried, *blocks, *own, main]


def _plain(thing: Any) -> str:
    """The source of a function or class of this package, without annotations."""
    lines = inspect.getsource(thing).rstrip().splitlines()
    return "\n".join(
        re.sub(r": Any(?=[,)=]| =)| -> Any(?=:)", "", line)
        if line.lstrip().startswith("def ") or line.startswith("    _names")
        else line
        for line in lines
    )
