"""The text of generated derivatives, and that what the text computes is right.

`pytest tests/golden --update-golden` writes the files; the diff is then read. A derivative is held
against central differences before its text is compared, so that no wrong one is ever kept.
"""

from pathlib import Path

import numpy as np
import pytest

import srcdiff
from srcdiff.api.products import pushforward
from tests.golden import programs
from tests.golden.differences import central_difference, entries

FOLDER = Path(__file__).parent
NAMES = [p.name for p in programs.PROGRAMS]
BY_NAME = {p.name: p for p in programs.PROGRAMS}


def positions(program):
    return program.wrt if isinstance(program.wrt, tuple) else (program.wrt,)


def objective(program):
    """The function whose value is differentiated: without what has_aux returns beside it."""
    if program.has_aux:
        return lambda *args: program.function(*args)[0]
    return program.function


def direction(value):
    """A tangent for an argument: fixed numbers of its shape."""
    if isinstance(value, np.ndarray):
        return np.cos(np.arange(value.size, dtype=value.dtype)).reshape(value.shape)
    return 0.75


def directional(program, function):
    """The derivative of `function` along `direction`, by central differences."""
    where = positions(program)
    point = np.concatenate([entries(program.args[p]) for p in where])
    along = np.concatenate([entries(direction(program.args[p])) for p in where])

    def moved(t):
        numbers = iter(point + t * along)
        changed = {p: programs_rebuilt(program.args[p], numbers) for p in where}
        result = function(*(changed.get(k, a) for k, a in enumerate(program.args)))
        return np.asarray(result, dtype=float)

    h = 1e-4
    near, far = moved(h) - moved(-h), moved(2 * h) - moved(-2 * h)
    return (8.0 * near - far) / (12.0 * h)


def programs_rebuilt(like, numbers):
    from_entries = [next(numbers) for _ in range(np.size(like))]
    if isinstance(like, np.ndarray):
        return np.array(from_entries, dtype=like.dtype).reshape(like.shape)
    return from_entries[0]


def along(program, function):
    """`function` and its derivative along `direction`, as a function of the same arguments."""
    where = positions(program)
    tangents = tuple(
        direction(a) if k in where else np.zeros_like(a) if isinstance(a, np.ndarray) else 0.0
        for k, a in enumerate(program.args)
    )
    # The arguments that are not differentiated keep the tangent zero: bind them instead.
    pushed = pushforward(function, len(program.args), len(program.args))
    return pushed, tangents


def grad_text(program):
    made = srcdiff.grad(program.function, program.wrt, has_aux=program.has_aux)
    found = made(*program.args)
    if program.has_aux:
        found = found[0]
    wanted = central_difference(
        objective(program), program.args, positions(program), program.step
    )
    close(entries(found), wanted, program.tolerance)
    return made.source(*program.args)


def value_and_grad_text(program):
    made = srcdiff.value_and_grad(program.function, program.wrt)
    value, found = made(*program.args)
    assert value == pytest.approx(program.function(*program.args), rel=1e-14)
    wanted = central_difference(program.function, program.args, positions(program), program.step)
    close(entries(found), wanted, program.tolerance)
    return made.source(*program.args)


def jvp_text(program):
    pushed, tangents = along(program, program.function)
    value, tangent = pushed(*program.args, *tangents)
    assert value == pytest.approx(program.function(*program.args), rel=1e-14)
    close(tangent, directional(program, program.function), program.tolerance)
    return pushed.source(*program.args, *tangents)


def second_text(program):
    first = srcdiff.grad(program.function)
    second = srcdiff.grad(first)
    found = second(*program.args)
    close(entries(found), central_difference(first, program.args, (0,)), program.tolerance)
    return second.source(*program.args)


def hvp_text(program):
    first = srcdiff.grad(program.function)
    pushed, tangents = along(program, first)
    _, found = pushed(*program.args, *tangents)
    close(found, directional(program, first), program.tolerance)
    return pushed.source(*program.args, *tangents)


def close(found, wanted, tolerance):
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


TEXTS = {
    "grad": grad_text,
    "value_and_grad": value_and_grad_text,
    "jvp": jvp_text,
    "second": second_text,
    "hvp": hvp_text,
}
TITLES = {
    "grad": "gradient",
    "value_and_grad": "value and gradient",
    "jvp": "jvp",
    "second": "second derivative",
    "hvp": "jvp of the gradient",
}


def compare(name, text, update):
    """Hold a text against the file, or write it there."""
    path = FOLDER / f"{name}.txt"
    if update:
        path.write_text(text)
    assert path.exists(), f"{path.name} is missing: run pytest with --update-golden"
    assert text == path.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_program(name, update_golden):
    program = BY_NAME[name]
    parts = [f"# {TITLES[k]}\n\n{TEXTS[k](program).strip()}\n" for k in program.kinds]
    compare(name, "\n\n".join(parts), update_golden)


def test_stop_gradient(update_golden):
    """A stopped value counts as constant, so differences are taken with it held still."""
    x = programs.draw(35, 4)
    made = srcdiff.grad(programs.stopped)
    close(made(x), programs.stopped_meaning(x), 1e-13)
    compare("stop_gradient", f"# gradient\n\n{made.source(x).strip()}\n", update_golden)


def test_every_file_has_a_program():
    """No file is left behind when a program goes or is renamed."""
    files = {path.stem for path in FOLDER.glob("*.txt")}
    assert files == {*NAMES, "stop_gradient"}


def test_names_are_distinct():
    assert len(set(NAMES)) == len(NAMES) >= 34
