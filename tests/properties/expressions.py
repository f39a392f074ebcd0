"""Writes expressions of a wanted kind: scalars, arrays of a wanted shape, conditions, containers.

Each method is one form of expression; it returns a ``Term``, or ``None`` where the form does not
apply. Magnitudes are kept small by construction: a term carries a bound, and ``tamed`` wraps what
grows past the limit in a bounded function. Arguments of ``log``, ``sqrt`` and denominators are
written so that they stay away from their singularities.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.properties import array_forms
from tests.properties.kinds import (
    SCALAR,
    Array,
    Bool,
    Dict,
    Function,
    Int,
    Kind,
    List,
    Mask,
    Nothing,
    Object,
    Scalar,
    Text,
    Tuple,
)
from tests.properties.scope import Scope
from tests.properties.vocabulary import (
    LIMIT,
    REDUCTIONS,
    SCALAR_BINARY,
    SCALAR_FUNCTIONS,
    Term,
    bounded,
)


class Expressions:
    """Writes expressions over the names of a scope."""

    def __init__(self, rng: random.Random, scope: Scope) -> None:
        self.rng = rng
        self.scope = scope

    def inside(self, bound: dict[str, Kind]) -> Expressions:
        """Return a writer for a nested scope, where more names are bound."""
        scope = self.scope.child()
        scope.kinds.update(bound)
        return Expressions(self.rng, scope)

    def of(self, kind: Kind, depth: int = 2) -> Term:
        """Write an expression of any kind but a function."""
        match kind:
            case Scalar():
                return self.scalar(depth)
            case Array():
                return self.array(kind, depth)
            case Int(low, high):
                return Term(self.integer(low, high), max(abs(low), abs(high)))
            case Bool():
                return Term(self.condition(depth), 1)
            case Text(choices):
                return Term(repr(self.rng.choice(choices)), 0)
            case Mask(values):
                return Term(f"np.array({list(values)})", 1)
            case Tuple(items):
                texts = [self.of(item, depth - 1).text for item in items]
                return Term(f"({', '.join(texts)},)", LIMIT)
            case List(item, length):
                return self.list_of(item, length, depth)
            case Dict(fields):
                entries = (f"{key!r}: {self.of(item, depth - 1).text}" for key, item in fields)
                return Term(f"{{{', '.join(entries)}}}", LIMIT)
            case Nothing():
                return Term("None", 0)
            case Function() | Object():
                raise TypeError(f"{kind} is not written as an expression")

    def tamed(self, term: Term, limit: float = LIMIT, array: bool = False) -> Term:
        """Wrap a term that may grow past the limit in something bounded."""
        if term.bound <= limit:
            return term
        library = "np" if array else self.rng.choice(("np", "math"))
        if term.bound <= 8 * limit and self.rng.random() < 0.5:
            return Term(f"{limit / 8 / LIMIT:.3g} * ({term.text})", term.bound / 8)
        return Term(f"{library}.{self.rng.choice(('tanh', 'sin'))}({term.text})", 1)

    def constant(self) -> str:
        """Write a float constant."""
        return repr(self.rng.choice((-1, 1, 1)) * self.rng.randint(1, 19) / 10)

    def scalar(self, depth: int) -> Term:
        """Write a float-valued expression."""
        if depth <= 0:
            return self._scalar_leaf()
        forms = self.rng.choices(_SCALAR_FORMS, _SCALAR_WEIGHTS, k=4)
        for form in forms:
            term = form(self, depth)
            if term is not None:
                return self.tamed(term)
        return self._scalar_leaf()

    def _scalar_leaf(self) -> Term:
        found = self.scope.paths(lambda kind: isinstance(kind, Scalar))
        if self.rng.random() < 0.25:
            element = self._element(1)
            if element is not None:
                return element
        if found and self.rng.random() < 0.9:
            return Term(self.rng.choice(found)[0], LIMIT)
        return Term(self.constant(), 2)

    def _function(self, depth: int) -> Term:
        template, bound = self.rng.choice(SCALAR_FUNCTIONS)
        inner = self.scalar(depth - 1)
        return Term(template.format(inner.text), bound(inner.bound))

    def _binary(self, depth: int) -> Term:
        template, bound = self.rng.choice(SCALAR_BINARY)
        left, right = self.scalar(depth - 1), self.scalar(depth - 1)
        if "**" in template and "{})" == template[-3:] or "pow" in template:
            right = self.tamed(right, 1)
        return Term(template.format(left.text, right.text), bounded(bound, left.bound, right.bound))

    def _mixed(self, depth: int) -> Term:
        inner = self.scalar(depth - 1)
        number, size = self._count()
        template = self.rng.choice(("({}) * {}", "{1} * ({0})", "({}) / ({} + 1)", "({}) + {}"))
        return Term(template.format(inner.text, number), inner.bound * max(size, 1) + size)

    def _count(self) -> tuple[str, int]:
        options: list[tuple[str, int]] = [("2", 2), ("3", 3)]
        for text, kind in self.scope.paths(lambda kind: True):
            match kind:
                case Int(low, high) if low >= 0:
                    options.append((text, high))
                case List(_, length) if length:
                    options.append((f"len({text})", length))
                case Array(shape) if shape:
                    options.append((f"{text}.shape[0]", shape[0]))
                    options.append((f"{text}.size", kind.size))
                case _:
                    pass
        return self.rng.choice(options)

    def _element(self, depth: int) -> Term | None:
        arrays = self.arrays(lambda kind: kind.size > 0 and kind.shape != ())
        if not arrays:
            return None
        text, kind = self.rng.choice(arrays)
        indices = [self.integer(-1 if self.rng.random() < 0.2 else 0, n - 1) for n in kind.shape]
        if len(indices) == 2 and self.rng.random() < 0.3:
            return Term(f"{text}[{indices[0]}][{indices[1]}]", LIMIT)
        return Term(f"{text}[{', '.join(indices)}]", LIMIT)

    def _reduction(self, depth: int) -> Term:
        shape = self.some_shape()
        template, bound = self.rng.choice(REDUCTIONS)
        inner = self.array(Array(shape), depth - 1)
        size = Array(shape).size
        if "np.std" in template and size < 2:
            return Term(f"np.sum({inner.text})", inner.bound)
        text = template.format(inner.text, n=size, shape=shape)
        return Term(text, bound(inner.bound, size))

    def _product(self, depth: int) -> Term:
        size = self.rng.randint(1, 4)
        x, y = (self.array(Array((size,)), depth - 1) for _ in range(2))
        template = self.rng.choice(
            (
                "np.dot({}, {})",
                "({}) @ ({})",
                "np.inner({}, {})",
                "({}).dot({})",
                "np.einsum('i,i->', {}, {})",
                "np.vdot({}, {})",
                "np.tensordot({}, {}, axes=1)",
            )
        )
        return Term(template.format(x.text, y.text), size * x.bound * y.bound)

    def _square_matrix(self, depth: int) -> Term:
        size = self.rng.randint(1, 3)
        matrix = self.tamed(self.array(Array((size, size)), depth - 1), 1, array=True)
        template = self.rng.choice(
            (
                "np.trace({0})",
                "np.linalg.det({0} + 3.0 * np.eye({1}))",
                "np.linalg.slogdet(({0}) * 0.5 + 3.0 * np.eye({1}))[1]",
                "np.einsum('ii->', {0})",
                "np.einsum('ij,ji->', {0}, {0})",
            )
        )
        return Term(template.format(matrix.text, size), 5)

    def _ternary(self, depth: int) -> Term:
        yes, no = self.scalar(depth - 1), self.scalar(depth - 1)
        text = f"({yes.text} if {self.condition(depth - 1)} else {no.text})"
        return Term(text, max(yes.bound, no.bound))

    def _and_or(self, depth: int) -> Term:
        left, right = self.scalar(depth - 1), self.scalar(depth - 1)
        condition = self.condition(0)
        template = self.rng.choice(
            ("(({0}) or ({1}))", "(({0}) and ({1}))", "(({2}) and ({0}) or ({1}))")
        )
        text = template.format(left.text, right.text, condition)
        return Term(text, max(left.bound, right.bound))

    def _call(self, depth: int) -> Term | None:
        return self.call_of(SCALAR, depth)

    def call_of(self, result: Kind, depth: int) -> Term | None:
        """Write a call of a function in scope that gives the wanted kind."""
        found = [
            (name, kind)
            for name, kind in self.scope.kinds.items()
            if isinstance(kind, Function) and kind.result == result
        ]
        if not found:
            return None
        name, function = self.rng.choice(found)
        args = [self.of(kind, depth - 1).text for kind in function.required]
        if function.depth:
            args.append(str(self.rng.randint(0, function.depth)))
        keywords = [
            (key, self.of(kind, depth - 1).text)
            for key, kind in function.optional
            if self.rng.random() < 0.6
        ]
        named = function.keyword_only or self.rng.random() < 0.7
        in_order = len(keywords) == len(function.optional) and not named
        self.rng.shuffle(keywords)
        if in_order:
            order = [key for key, _ in function.optional]
            keywords.sort(key=lambda entry: order.index(entry[0]))
        args += [text if in_order else f"{key}={text}" for key, text in keywords]
        return Term(f"{name}({', '.join(args)})", LIMIT)

    def _method(self, depth: int) -> Term | None:
        objects = self.scope.paths(lambda kind: isinstance(kind, Object))
        if not objects:
            return None
        text, _ = self.rng.choice(objects)
        keyword = self.rng.choice(("", "amount="))
        return Term(f"{text}.measure({keyword}{self.scalar(depth - 1).text})", LIMIT)

    def _sum_of_list(self, depth: int) -> Term | None:
        lists = self.scope.paths(lambda kind: isinstance(kind, List) and kind.item == SCALAR)
        name = self.scope.names.of("e")
        if lists and self.rng.random() < 0.6:
            source, kind = self.rng.choice(lists)
            length = kind.length if isinstance(kind, List) else 0
            if self.rng.random() < 0.4:
                return Term(f"sum({source})", LIMIT * max(length, 1))
        else:
            length = self.rng.randint(1, 4)
            source = self.array(Array((length,)), 0).text
        body = self.inside({name: SCALAR}).scalar(depth - 1)
        keep = f" if {name} > {self.constant()}" if self.rng.random() < 0.3 else ""
        text = f"sum([{body.text} for {name} in {source}{keep}])"
        if keep and (self.scope.writes or self.rng.random() < 0.5):
            text = f"float({text})"
        return Term(text, body.bound * max(length, 1))

    def _masked_sum(self, depth: int) -> Term | None:
        arrays = self.arrays(lambda kind: len(kind.shape) >= 1)
        if not arrays:
            return None
        text, kind = self.rng.choice(arrays)
        return Term(f"np.sum({text}[{text} > {self.constant()}])", LIMIT * max(kind.size, 1))

    def _lambda(self, depth: int) -> Term:
        name = self.scope.names.of("z")
        body = self.inside({name: SCALAR}).scalar(depth - 1)
        return Term(f"(lambda {name}: {body.text})({self.scalar(0).text})", body.bound)

    def array(self, kind: Array, depth: int) -> Term:
        """Write an array-valued expression of a known shape."""
        if depth <= 0:
            return self._array_leaf(kind)
        narrow = kind.dtype == "float32"
        forms = array_forms.NARROW_FORMS if narrow else array_forms.FORMS[len(kind.shape)]
        for form in self.rng.choices([f for f, _ in forms], [w for _, w in forms], k=4):
            term = form(self, kind, depth)
            if term is not None:
                return self.tamed(term, array=True)
        return self._array_leaf(kind)

    def arrays(self, wanted: Callable[[Array], bool]) -> list[tuple[str, Array]]:
        return [
            (text, kind)
            for text, kind in self.scope.paths(lambda kind: isinstance(kind, Array))
            if isinstance(kind, Array) and kind.dtype == "float64" and wanted(kind)
        ]

    def some_shape(self) -> tuple[int, ...]:
        """Pick a shape, mostly one that some array in scope has."""
        known = self.arrays(lambda kind: True)
        if known and self.rng.random() < 0.8:
            return self.rng.choice(known)[1].shape
        return tuple(self.rng.randint(1, 4) for _ in range(self.rng.randint(1, 2)))

    def _array_leaf(self, kind: Array) -> Term:
        found = [path for path in self.scope.paths(lambda other: other == kind)]
        if found and self.rng.random() < 0.9:
            return Term(self.rng.choice(found)[0], LIMIT)
        if kind.dtype == "float32":
            return array_forms.narrow_constant(self, kind)
        selected = array_forms.selected(self, kind, 0) if self.rng.random() < 0.85 else None
        return selected if selected is not None else array_forms.created(self, kind, 0)

    def array_condition(self, shape: tuple[int, ...]) -> str:
        """Write a boolean array from comparisons."""
        left = self.array(Array(shape), 0).text
        right = self.array(Array(shape), 0).text if self.rng.random() < 0.3 else self.constant()
        right = right if right != left else self.constant()
        text = f"{left} {self.rng.choice(('<', '>', '<=', '>='))} {right}"
        if self.rng.random() < 0.2:
            other = f"{self.array(Array(shape), 0).text} < {self.constant()}"
            template = self.rng.choice(("({}) & ({})", "np.logical_or({}, {})", "({}) | ~({})"))
            return template.format(text, other)
        return text

    def list_of(self, item: Kind, length: int, depth: int) -> Term:
        """Write a list of a known length: a display, a comprehension, a sum or a slice."""
        lists = self.scope.paths(
            lambda kind: isinstance(kind, List) and kind.item == item and kind.length >= length
        )
        choice = self.rng.random()
        if choice < 0.3 and item == SCALAR:
            return self._comprehension(length, depth)
        if choice < 0.45 and lists:
            text, kind = self.rng.choice(lists)
            if isinstance(kind, List) and kind.length > length:
                return Term(f"{text}[:{length}]", LIMIT)
            return Term(self.rng.choice((f"{text}[:]", f"list({text})", f"{text}[::-1]")), LIMIT)
        entries = [self.of(item, depth - 1).text for _ in range(length)]
        if choice < 0.6 and length > 1:
            return Term(f"[{entries[0]}] + [{', '.join(entries[1:])}]", LIMIT)
        return Term(f"[{', '.join(entries)}]", LIMIT)

    def _comprehension(self, length: int, depth: int) -> Term:
        kind: Kind = SCALAR
        name = self.scope.names.of(self.rng.choice("ej"))
        if self.rng.random() < 0.5:
            source = self.array(Array((length,)), 0).text
        elif self.rng.random() < 0.7:
            source, kind = f"range({length})", Int(0, max(length - 1, 0))
        else:
            source = f"range({2 * length}) if {name} % 2 == {self.rng.randint(0, 1)}"
            kind = Int(0, 2 * length - 1)
        body = self.tamed(self.inside({name: kind}).scalar(depth - 1))
        return Term(f"[{body.text} for {name} in {source}]", body.bound)

    def integer(self, low: int, high: int) -> str:
        """Write an int expression whose value lies between the bounds."""
        found = self.scope.paths(
            lambda kind: isinstance(kind, Int) and low <= kind.low and kind.high <= high
        )
        if found and self.rng.random() < 0.7:
            return self.rng.choice(found)[0]
        return str(self.rng.randint(low, high))

    def condition(self, depth: int) -> str:
        """Write a condition: comparisons, chains, tests of what does not vary, and their mixes."""
        choice = self.rng.random()
        if choice < 0.35:
            left, right = self.scalar(depth - 1).text, self.scalar(0).text
            right = right if right != left else self.constant()
            return f"{left} {self.rng.choice(('<', '>', '<=', '>='))} {right}"
        if choice < 0.45:
            low, high = sorted(self.rng.sample(range(-20, 20), 2))
            return f"{low / 10} < {self.scalar(depth - 1).text} <= {high / 10}"
        if choice < 0.6 and depth > 0:
            first, second = self.condition(depth - 1), self.condition(0)
            return self.rng.choice((f"({first} and {second})", f"({first} or not {second})"))
        if choice < 0.65:
            shape = self.some_shape()
            return f"{self.rng.choice(('np.all', 'np.any'))}({self.array_condition(shape)})"
        found = self._discrete_tests()
        return self.rng.choice(found)

    def _discrete_tests(self) -> list[str]:
        tests = [f"{self.scalar(0).text} > {self.constant()}"]
        for text, kind in self.scope.paths(lambda kind: True):
            match kind:
                case Bool():
                    tests += [text, f"not {text}"]
                case Int():
                    tests += [f"{text} % 2 == 0", f"{text} == 1", f"{text} in (0, 2)"]
                case Text():
                    tests += [f"{text} == 'l2'", f"{text} in ('l1', 'huber')"]
                case List(_, length):
                    tests.append(f"len({text}) > {max(length - self.rng.randint(0, 1), 0)}")
                case Array(shape):
                    tests.append(f"{text}.ndim == {self.rng.randint(1, 2)}")
                case Dict(fields):
                    tests.append(f"{self.rng.choice((fields[0][0], 'none'))!r} in {text}")
                case _:
                    pass
        return tests


_SCALAR_TABLE: tuple[tuple[Callable[[Expressions, int], Term | None], int], ...] = (
    (Expressions._function, 8),
    (Expressions._binary, 12),
    (Expressions._mixed, 2),
    (Expressions._element, 4),
    (Expressions._reduction, 5),
    (Expressions._product, 3),
    (Expressions._square_matrix, 1),
    (Expressions._ternary, 2),
    (Expressions._and_or, 1),
    (Expressions._call, 6),
    (Expressions._method, 4),
    (Expressions._sum_of_list, 2),
    (Expressions._masked_sum, 1),
    (Expressions._lambda, 1),
)
_SCALAR_FORMS = [form for form, _ in _SCALAR_TABLE]
_SCALAR_WEIGHTS = [weight for _, weight in _SCALAR_TABLE]
