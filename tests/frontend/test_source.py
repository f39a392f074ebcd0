"""Finding the source of a function, and noticing when it is not the one that runs."""

from __future__ import annotations

import functools
import gc
import importlib.util
import linecache
import sys
import threading
import weakref
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from srcdiff.errors import Refused
from srcdiff.frontend.lower import lower
from srcdiff.frontend.source import find_source
from srcdiff.ir.text import print_function

# fmt: off
PAIR = (lambda x: x + 1, lambda x: x + 2)
TWINS = [lambda x: x * 2, lambda x: x * 2]
NESTED = lambda x: lambda y: x + y
DEFAULTS = (lambda x, y=lambda z: z: y(x), lambda x, y=lambda z: -z: y(x))
CHOICE = {"a": lambda *, k: k, "b": lambda k, /: k}
LONG = [
    lambda x: (
        x + 3
    ), lambda x: (x +
        4),
]
# fmt: on


def text(fn: Any) -> str:
    return print_function(lower(fn).function)


def place(fn: Any) -> tuple[int, int]:
    node = find_source(fn).node
    return node.lineno, node.col_offset


def written(path: Path, source: str, name: str = "written_module") -> ModuleType:
    """A module of its own, freshly imported from a file."""
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def defined(source: str, name: str, filename: str) -> Any:
    """A function of some text, as a notebook defines it."""
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    names: dict[str, Any] = {}
    exec(compile(source, filename, "exec", dont_inherit=True), names)
    return names[name]


def code_of(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.diagnostics[0].code


@pytest.mark.parametrize("which, number", [(PAIR[0], 1), (PAIR[1], 2), (LONG[0], 3), (LONG[1], 4)])
def test_one_of_several_lambdas(which: Any, number: int) -> None:
    assert f"binary('+', x, {number})" in text(which)


def test_lambda_inside_a_lambda() -> None:
    assert "function(<lambda>" in text(NESTED)
    assert "name('x')" in text(NESTED(1))


def test_lambdas_in_defaults() -> None:
    assert "unary" not in text(DEFAULTS[0].__defaults__[0])
    assert "unary" in text(DEFAULTS[1].__defaults__[0])
    assert "call(y" in text(DEFAULTS[0])


def test_lambdas_that_differ_in_their_signature() -> None:
    assert lower(CHOICE["a"]).parameters[0].kind.name == "KEYWORD_ONLY"
    assert lower(CHOICE["b"]).parameters[0].kind.name == "POSITIONAL_ONLY"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="code has no columns")
def test_equal_lambdas_keep_their_columns() -> None:
    (line, first), (same_line, second) = place(TWINS[0]), place(TWINS[1])
    assert line == same_line and first < second


def test_lines_are_those_of_the_file() -> None:
    def inner(x):
        return x * 2

    (statement,) = lower(inner).function.body.stmts
    line = inner.__code__.co_firstlineno + 1
    assert (statement.at.line, statement.at.column, statement.at.end_column) == (line, 15, 20)
    assert statement.at.text() == "return x * 2"
    assert statement.at.function == "inner"


def test_columns_count_characters() -> None:
    fn = defined("def f(größe):\n    return 'ü', größe.ß, größe[0]\n", "f", "<umlauts>")
    spans = [stmt.at for stmt in lower(fn).function.body.stmts]
    line = "    return 'ü', größe.ß, größe[0]"
    assert [line[s.column : s.end_column] for s in spans] == [
        "größe.ß",
        "größe[0]",
        "'ü', größe.ß, größe[0]",
    ]


def test_functions_with_asserts_in_tests() -> None:
    def checked(x):
        assert x > 0, "positive"
        return x

    assert "AssertionError" in text(checked)


def test_a_notebook_cell() -> None:
    fn = defined("y = 2\ndef f(x):\n    return x * y\n", "f", "<cell 7>")
    assert "name('y')" in text(fn)


def test_no_source() -> None:
    names: dict[str, Any] = {}
    exec("def f(x): return x", names)
    with pytest.raises(Refused, match="no source for 'f'") as error:
        lower(names["f"])
    assert code_of(error) == "SD100"


@pytest.mark.parametrize(
    "after",
    [
        "def f(x):\n    return x * 3\n",
        "def f(x):\n    return y * 2\n",
        "def f(x, y=1):\n    return x * 2\n",
        "\n\ndef f(x):\n    return x * 2\n",
        "def g(x):\n    return x * 2\n",
        "def f(x):\n    return (x * 2\n",
        "def f(x):\n    return (lambda: x * 3)()\n",
    ],
)
def test_edited_since_import(tmp_path: Path, after: str) -> None:
    module = written(tmp_path / "edited.py", "def f(x):\n    return x * 2\n")
    (tmp_path / "edited.py").write_text(after)
    with pytest.raises(Refused, match="the source of 'f' is not what was compiled") as error:
        lower(module.f)
    assert code_of(error) == "SD101"


def test_edits_elsewhere_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.py"
    module = written(path, "def f(x):\n    return x * 2\n\ndef g(x):\n    return x\n")
    path.write_text("def f(x):\n    return x * 2\n\ndef g(x):\n    return -x  # new\n")
    assert "binary" in text(module.f)
    with pytest.raises(Refused):
        lower(module.g)


def test_imported_again_after_an_edit(tmp_path: Path) -> None:
    path = tmp_path / "again.py"
    assert "'*', x, 2" in text(written(path, "def f(x):\n    return x * 2\n").f)
    assert "'*', x, 2.5" in text(written(path, "def f(x):\n    return x * 2.5\n").f)


@pytest.mark.parametrize(
    "imports",
    [
        "import math as m",
        "try:\n    import math as m\nexcept ImportError:\n    m = None",
        "if True:\n    import math as m\nelse:\n    m = None",
        "from os import path as m, sep\nimport math as m",
    ],
)
def test_calls_of_imported_modules(tmp_path: Path, imports: str) -> None:
    source = f"{imports}\n\ndef f(x):\n    return m.sin(x)\n"
    assert "attribute(m, 'sin')" in text(written(tmp_path / "importing.py", source).f)


@pytest.mark.parametrize("thing", [len, int, 3, "s", functools.partial(len), object()])
def test_not_a_function(thing: Any) -> None:
    with pytest.raises(Refused, match="not a Python function") as error:
        lower(thing)
    assert code_of(error) == "SD102"


class Things:
    @staticmethod
    def static(x):
        return x + 1

    @classmethod
    def of_class(cls, x):
        return x + 2

    @property
    def value(self):
        return 3

    @functools.lru_cache  # noqa: B019
    def cached(self, x):
        return x + 4

    def method(self, x):
        def private():
            return self.__x

        return private() + x


def test_what_wraps_a_function() -> None:
    assert "'+', x, 1" in text(Things.static)
    assert "'+', x, 2" in text(Things.of_class)
    assert "'+', x, 4" in text(Things.cached)
    assert lower(Things().method) is lower(Things.method)
    assert lower(Things.__dict__["static"]) is lower(Things.static)


def test_a_decorator_is_part_of_the_function() -> None:
    def doubled(fn: Any) -> Any:
        @functools.wraps(fn)
        def run(x):
            return 2 * fn(x)

        return run

    @doubled
    def f(x):
        return x * x

    assert "name('fn')" in text(f)


def test_decorated_function_itself() -> None:
    def same(fn: Any) -> Any:
        return fn

    @same
    @same
    def f(x):
        return x * x

    assert "binary('*', x, x)" in text(f)
    assert lower(f).function.at.line == f.__code__.co_firstlineno + 2


def test_lowered_once() -> None:
    def f(x):
        return x

    first = lower(f)
    assert lower(f) is first
    f.__code__ = PAIR[0].__code__
    assert lower(f) is not first


def test_forgotten_with_the_function() -> None:
    def make() -> Any:
        def f(x):
            return x

        return f

    fn = make()
    lower(fn)
    gone = weakref.ref(fn)
    del fn
    gc.collect()
    assert gone() is None


def test_from_many_threads() -> None:
    def f(x):
        return [x * i for i in range(3)]

    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(lower(f))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


def test_too_many_early_returns() -> None:
    returns = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(1000))
    fn = defined("def f(x):\n" + returns, "f", "<a thousand returns>")
    with pytest.raises(Refused, match="SD126"):
        lower(fn)


def test_all_refusals_at_once() -> None:
    def f(x):
        del x.a
        with x:
            yield x

    with pytest.raises(Refused) as error:
        lower(f)
    assert [d.code for d in error.value.diagnostics] == ["SD116", "SD113", "SD110"]
    assert all(d.hint and d.at.line for d in error.value.diagnostics)


@pytest.mark.parametrize("before, after", [("0.0", "-0.0"), ("1.0", "1"), ("'d'", "'e'")])
def test_constants_are_compared_by_type_and_digits(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "constants.py"
    source = "def f(x):\n    return x in {'a', 'b', 'c', 'd', 2}, (0.0, 3), x == 1.0\n"
    module = written(path, source)
    assert "set('a'" in text(module.f)
    module.f.__code__ = module.f.__code__.replace()
    path.write_text(source.replace(before, after))
    linecache.clearcache()
    with pytest.raises(Refused, match="SD101"):
        lower(module.f)
