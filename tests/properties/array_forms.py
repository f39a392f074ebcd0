"""Forms of array expressions: each writes one for a wanted shape, or says that it cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tests.properties.indexing import selections
from tests.properties.kinds import SCALAR, Array
from tests.properties.vocabulary import ARRAY_BINARY, ARRAY_FUNCTIONS, LIMIT, Term, bounded

if TYPE_CHECKING:
    from tests.properties.expressions import Expressions

Form = Callable[["Expressions", Array, int], "Term | None"]


def narrow_constant(write: Expressions, kind: Array) -> Term:
    return Term(f"np.full({kind.shape}, {write.constant()}, dtype=np.float32)", 2)


def function(write: Expressions, kind: Array, depth: int) -> Term:
    template, bound = write.rng.choice(ARRAY_FUNCTIONS)
    inner = write.array(kind, depth - 1)
    return Term(template.format(inner.text), bound(inner.bound))


def broadcast(write: Expressions, kind: Array, depth: int) -> Term:
    template, bound = write.rng.choice(ARRAY_BINARY)
    first, second = _two_operands(write, kind, depth)
    if "**" in template and "{})" == template[-3:]:
        second = write.tamed(second, 1, array=True)
    return Term(template.format(first.text, second.text), bounded(bound, first.bound, second.bound))


def _two_operands(write: Expressions, kind: Array, depth: int) -> tuple[Term, Term]:
    shape = kind.shape
    if len(shape) == 2 and write.rng.random() < 0.2:
        column = Array((shape[0], 1), kind.dtype)
        row = Array(write.rng.choice(((1, shape[1]), shape[1:])), kind.dtype)
        operands = [write.array(column, depth - 1), write.array(row, depth - 1)]
    else:
        operands = [write.array(kind, depth - 1), _partner(write, kind, depth)]
    write.rng.shuffle(operands)
    return operands[0], operands[1]


def _partner(write: Expressions, kind: Array, depth: int) -> Term:
    """Write what broadcasts against an array: the same shape, a scalar, a row, axes of length 1."""
    choice = write.rng.random()
    if choice < 0.4 or not kind.shape:
        return write.array(kind, depth - 1)
    if choice < 0.6:
        scalar = write.scalar(depth - 1)
        return scalar if kind.dtype == "float64" else Term(f"float({scalar.text})", LIMIT)
    if choice < 0.8 and len(kind.shape) == 1:
        return Term(write.constant(), 2)
    if choice < 0.8:
        return write.array(Array(kind.shape[1:], kind.dtype), depth - 1)
    squeezed = tuple(1 if write.rng.random() < 0.5 else n for n in kind.shape)
    return write.array(Array(squeezed, kind.dtype), depth - 1)


def where(write: Expressions, kind: Array, depth: int) -> Term:
    yes, no = _two_operands(write, kind, depth)
    condition = write.array_condition(kind.shape)
    return Term(f"np.where({condition}, {yes.text}, {no.text})", max(yes.bound, no.bound))


def created(write: Expressions, kind: Array, depth: int) -> Term:
    shape = kind.shape
    if write.rng.random() < 0.15:
        return Term(write.rng.choice(_constant_arrays(write, shape)), 1)
    if write.rng.random() < 0.25 or len(shape) == 0:
        return Term(f"np.full({shape}, {write.scalar(depth).text})", LIMIT)
    if len(shape) == 1:
        return Term(f"np.array({_display(write, shape[0], depth)})", LIMIT)
    if len(shape) == 3:
        layer = created(write, Array(shape[1:]), depth)
        return Term(f"np.broadcast_to({layer.text}, {shape})", layer.bound)
    rows = ", ".join(_display(write, shape[1], depth) for _ in range(shape[0]))
    return Term(f"np.array([{rows}])", LIMIT)


def _display(write: Expressions, length: int, depth: int) -> str:
    return f"[{', '.join(write.scalar(depth - 1).text for _ in range(length))}]"


def _constant_arrays(write: Expressions, shape: tuple[int, ...]) -> list[str]:
    options = [f"np.ones({shape})", f"np.zeros({shape})"]
    size = Array(shape).size
    options.append(f"np.arange({float(size)}).reshape({shape}) / {size}.0")
    if len(shape) == 1 and shape[0] > 1:
        options.append(f"np.linspace(-0.5, {write.constant()}, {shape[0]})")
    if len(shape) == 2 and shape[0] == shape[1]:
        options.append(f"np.eye({shape[0]})")
    return options


def selected(write: Expressions, kind: Array, depth: int) -> Term | None:
    arrays = write.arrays(lambda other: other.shape != () and other.size > 0)
    write.rng.shuffle(arrays)
    for text, source in arrays[:3]:
        found = selections(write.rng, text, source.shape, kind.shape)
        if found:
            return Term(write.rng.choice(found), LIMIT)
    return None


def ternary(write: Expressions, kind: Array, depth: int) -> Term:
    yes, no = write.array(kind, depth - 1), write.array(kind, depth - 1)
    text = f"({yes.text} if {write.condition(0)} else {no.text})"
    return Term(text, max(yes.bound, no.bound))


def call(write: Expressions, kind: Array, depth: int) -> Term | None:
    return write.call_of(kind, depth)


def rank_one(write: Expressions, kind: Array, depth: int) -> Term | None:
    (n,) = kind.shape
    m = write.rng.randint(1, 4)

    def part(*shape: int) -> Term:
        return write.array(Array(shape), depth - 1)

    def reduced(template: str, factor: float = 1) -> Term:
        axis = write.rng.randint(0, 1)
        inner = part(m, n) if axis == 0 else part(n, m)
        return Term(template.format(inner.text, axis), inner.bound * factor)

    def product(template: str, left: Term, right: Term) -> Term:
        return Term(template.format(left.text, right.text), m * left.bound * right.bound)

    match write.rng.randrange(17):
        case 0:
            template = write.rng.choice(("({}) @ ({})", "np.dot({}, {})", "np.matmul({}, {})"))
            return product(template, part(n, m), part(m))
        case 1:
            return product("({}) @ ({})", part(m), part(m, n))
        case 2:
            return product("np.einsum('ij,j->i', {}, {})", part(n, m), part(m))
        case 3:
            text = write.rng.choice(("np.sum({}, axis={})", "({}).sum({})"))
            return reduced(text, m)
        case 4:
            text = write.rng.choice(("np.mean({}, axis={})", "np.max({}, axis={})"))
            return reduced(text)
        case 5:
            return Term(reduced("np.var({}, axis={})").text, LIMIT**2)
        case 6:
            return Term(reduced("np.prod(np.cos({}), axis={})").text, 1)
        case 7 if n == 4:
            text = write.rng.choice(("np.ravel({})", "({}).reshape(-1)", "({}).ravel()"))
            inner = part(2, 2)
            return Term(text.format(inner.text), inner.bound)
        case 8 if n > 1:
            first, second = part(1), part(n - 1)
            text = write.rng.choice(("np.concatenate(({}, {}))", "np.concatenate([{}, {}])"))
            return Term(text.format(first.text, second.text), max(first.bound, second.bound))
        case 9:
            inner = part(n)
            return Term(f"np.cumsum({inner.text})", n * inner.bound)
        case 10:
            inner = part(n)
            text = write.rng.choice(
                ("np.flip({})", "np.sort({})", "({}).T", "({}).copy()", "np.asarray({})")
            )
            return Term(text.format(inner.text), inner.bound)
        case 11 if n % 2 == 0:
            inner = part(n // 2)
            text = write.rng.choice(("np.tile({}, 2)", "np.repeat({}, 2)"))
            return Term(text.format(inner.text), inner.bound)
        case 12:
            inner = part(n, n)
            text = write.rng.choice(("np.diag({})", "np.einsum('ii->i', {})"))
            return Term(text.format(inner.text), inner.bound)
        case 13:
            entries = [write.scalar(depth - 1) for _ in range(n)]
            listed = ", ".join(entry.text for entry in entries)
            return Term(f"np.stack([{listed}])", max(entry.bound for entry in entries))
        case 14:
            matrix = write.tamed(part(n, n), 1, array=True)
            right = part(n)
            text = f"np.linalg.solve({matrix.text} + 4.0 * np.eye({n}), {right.text})"
            return Term(text, right.bound)
        case 15:
            inner = part(2 * n)
            text = f"np.split({inner.text}, 2)[{write.rng.randint(0, 1)}]"
            return Term(text, inner.bound)
        case 16:
            name = write.scope.names.of("e")
            inside = write.inside({name: SCALAR})
            body, source = inside.scalar(depth - 1), part(n)
            return Term(f"np.array([{body.text} for {name} in {source.text}])", body.bound)
    return None


def rank_three(write: Expressions, kind: Array, depth: int) -> Term | None:
    """A form that only rank 3 has."""
    l, m, n = kind.shape

    def part(*shape: int) -> Term:
        return write.array(Array(shape), depth - 1)

    match write.rng.randrange(6):
        case 0:
            layers = [part(m, n) for _ in range(l)]
            listed = ", ".join(layer.text for layer in layers)
            return Term(f"np.stack([{listed}])", max(layer.bound for layer in layers))
        case 1:
            left, right = part(l, m, 2), part(2, n)
            template = write.rng.choice(("({}) @ ({})", "np.einsum('bik,kj->bij', {}, {})"))
            return Term(template.format(left.text, right.text), 2 * left.bound * right.bound)
        case 2:
            inner = part(m, l, n)
            template = write.rng.choice(("np.transpose({}, (1, 0, 2))", "({}).swapaxes(0, 1)"))
            return Term(template.format(inner.text), inner.bound)
        case 3:
            left, right = part(l, 1, n), part(m, 1)
            return Term(f"({left.text}) * ({right.text})", left.bound * right.bound)
        case 4:
            left, right = part(l, m), part(n)
            return Term(f"({left.text})[:, :, None] * ({right.text})", left.bound * right.bound)
        case _:
            inner = part(l, m * n)
            return Term(f"({inner.text}).reshape({l}, {m}, {n})", inner.bound)


def rank_two(write: Expressions, kind: Array, depth: int) -> Term | None:
    m, n = kind.shape
    k = write.rng.randint(1, 3)

    def part(*shape: int) -> Term:
        return write.array(Array(shape), depth - 1)

    def wrapped(options: Sequence[str], inner: Term, factor: float = 1) -> Term:
        return Term(write.rng.choice(options).format(inner.text), inner.bound * factor)

    def product(options: Sequence[str], left: Term, right: Term, factor: float) -> Term:
        text = write.rng.choice(options).format(left.text, right.text)
        return Term(text, factor * left.bound * right.bound)

    match write.rng.randrange(17):
        case 16:
            inner = part(k, m, n)
            options = ("np.sum({}, axis=0)", "({}).mean(axis=0)", "np.max({}, 0)")
            return wrapped(options, inner, k)
        case 0:
            options = ("({}) @ ({})", "np.dot({}, {})", "np.einsum('ik,kj->ij', {}, {})")
            return product(options, part(m, k), part(k, n), k)
        case 1:
            options = ("({}) @ ({}).T", "np.inner({}, {})", "np.einsum('ik,jk->ij', {}, {})")
            return product(options, part(m, k), part(n, k), k)
        case 2:
            options = ("np.outer({}, {})", "np.einsum('i,j->ij', {}, {})")
            return product(options, part(m), part(n), 1)
        case 3:
            options = ("({}).T", "np.transpose({})", "np.swapaxes({}, 0, 1)")
            return wrapped((*options, "({}).transpose()"), part(n, m))
        case 4:
            options = ("({}).reshape(%d, %d)", "np.reshape({}, (%d, %d))")
            return wrapped([text % (m, n) for text in options], part(m * n))
        case 5 if m > 1:
            first, second = part(1, n), part(m - 1, n)
            text = f"np.concatenate(({first.text}, {second.text}), axis=0)"
            return Term(text, max(first.bound, second.bound))
        case 6 if n > 1:
            first, second = part(m, 1), part(m, n - 1)
            text = f"np.concatenate([{first.text}, {second.text}], axis=1)"
            return Term(text, max(first.bound, second.bound))
        case 7 if m == 2:
            rows = [part(n), part(n)]
            listed = ", ".join(row.text for row in rows)
            text = write.rng.choice((f"np.stack([{listed}])", f"np.array([{listed}])"))
            return Term(text, max(row.bound for row in rows))
        case 8 if n == 1:
            options = ("({})[:, None]", "np.expand_dims({}, 1)", "({})[:, np.newaxis]")
            return wrapped(options, part(m))
        case 8 if m == 1:
            return wrapped(("({})[None, :]", "({})[None]", "np.expand_dims({}, 0)"), part(n))
        case 9:
            inner = write.rng.choice(((n,), (1, n), (m, 1)))
            return wrapped((f"np.broadcast_to({{}}, ({m}, {n}))",), part(*inner))
        case 10 if m == n:
            return wrapped(("np.diag({})",), part(n))
        case 11 if 1 in (m, n):
            axis = 0 if m == 1 else 1
            inner = part(k, n) if axis == 0 else part(m, k)
            options = ("np.sum({}, axis=%d, keepdims=True)", "np.mean({}, %d, keepdims=True)")
            return wrapped([text % axis for text in options], inner, k)
        case 12:
            axis = write.rng.randint(0, 1)
            options = ("np.cumsum({}, axis=%d)", "np.flip({}, axis=%d)", "np.sort({}, axis=%d)")
            return wrapped([text % axis for text in options], part(m, n), max(m, n))
        case 13 if m == n:
            matrix = write.tamed(part(n, n), 1, array=True)
            return Term(f"np.linalg.inv({matrix.text} + 4.0 * np.eye({n}))", 1)
        case 14 if n % 2 == 0:
            options = ("np.tile({}, (1, 2))", "np.repeat({}, 2, axis=1)")
            return wrapped(options, part(m, n // 2))
        case 15:
            options = ("np.squeeze(np.stack([{}]), 0)", "({})[...]", "({}).copy()")
            return wrapped(options, part(m, n))
    return None


NARROW_FORMS: tuple[tuple[Form, int], ...] = ((function, 4), (broadcast, 6), (ternary, 1))
_COMMON_FORMS: tuple[tuple[Form, int], ...] = (
    *NARROW_FORMS,
    (where, 1),
    (created, 1),
    (selected, 4),
    (call, 3),
)
FORMS: tuple[tuple[tuple[Form, int], ...], ...] = (
    NARROW_FORMS,
    (*_COMMON_FORMS, (rank_one, 6)),
    (*_COMMON_FORMS, (rank_two, 6)),
    (*_COMMON_FORMS, (rank_three, 6)),
)
