"""The text of generated derivatives, and that what the text computes is right.

`pytest tests/golden --update-golden` writes the files; the diff is then read. A derivative is held
against central differences before its text is compared, so that no wrong one is ever kept.
"""

import copy
from pathlib import Path

import numpy as np
import pytest

import srcdiff
from srcdiff.api.products import pushforward
from tests.golden import programs, programs_writes
from tests.golden.differences import central_difference, entries

FOLDER = Path(__file__).parent
NAMES = [p.name for p in programs.PROGRAMS]
BY_NAME = {p.name: p for p in programs.PROGRAMS}
WRITES = [p.name for p in programs.PROGRAMS if p.function.__module__ == programs_writes.__name__]


def positions(program):
    return program.wrt if isinstance(program.wrt, tuple) else (program.wrt,)


def objective(program):
    """The value that is differentiated, as a function that leaves its arguments as they are."""

    def value(*args):
        result = program.function(*copy.deepcopy(args))
        return result[0] if program.has_aux else result

    return value


def fresh(program):
    """The arguments, copied: a program may write into them."""
    return copy.deepcopy(program.args)


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
    args = fresh(program)
    found = made(*args)
    if program.has_aux:
        found = found[0]
    wanted = central_difference(
        objective(program), program.args, positions(program), program.step
    )
    close(entries(found), wanted, program.tolerance)
    left_as_the_program_leaves_them(program, args)
    return made.source(*program.args)


def left_as_the_program_leaves_them(program, args):
    """What is written into an argument is there after a derivative as after the program."""
    wanted = fresh(program)
    program.function(*wanted)
    for found, expected in zip(args, wanted):
        if isinstance(expected, np.ndarray):
            np.testing.assert_array_equal(found, expected)


def value_and_grad_text(program):
    made = srcdiff.value_and_grad(program.function, program.wrt)
    value, found = made(*fresh(program))
    assert value == pytest.approx(objective(program)(*program.args), rel=1e-14)
    wanted = central_difference(objective(program), program.args, positions(program), program.step)
    close(entries(found), wanted, program.tolerance)
    return made.source(*program.args)


def jvp_text(program):
    pushed, tangents = along(program, program.function)
    args = fresh(program)
    value, tangent = pushed(*args, *tangents)
    left_as_the_program_leaves_them(program, args)
    assert value == pytest.approx(objective(program)(*program.args), rel=1e-14)
    close(tangent, directional(program, objective(program)), program.tolerance)
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


@pytest.mark.parametrize("name", WRITES)
def test_writes_forward_and_again(name):
    """Forward mode agrees with reverse mode, and the derivative of the gradient with differences."""
    program = BY_NAME[name]._replace(wrt=positions(BY_NAME[name])[0])
    gradient = srcdiff.grad(program.function, program.wrt)
    pushed, tangents = along(program, program.function)
    forward = pushed(*fresh(program), *tangents)[1]
    reverse = entries(gradient(*fresh(program))) @ entries(direction(program.args[program.wrt]))
    assert forward == pytest.approx(reverse, rel=1e-12)

    def of_copies(*args):
        return entries(gradient(*copy.deepcopy(args)))

    pushed, tangents = along(program, gradient)
    args = fresh(program)
    found = pushed(*args, *tangents)[1]
    close(entries(found), directional(program, of_copies), program.tolerance)
    left_as_the_program_leaves_them(program, args)


def test_stop_gradient(update_golden):
    """A stopped value counts as constant, so differences are taken with it held still."""
    x = programs.draw(35, 4)
    made = srcdiff.grad(programs.stopped)
    close(made(x), programs.stopped_meaning(x), 1e-13)
    compare("stop_gradient", f"# gradient\n\n{made.source(x).strip()}\n", update_golden)


def test_writes_are_among_them():
    assert len(WRITES) >= 12


def test_every_file_has_a_program():
    """No file is left behind when a program goes or is renamed."""
    files = {path.stem for path in FOLDER.glob("*.txt")}
    assert files == {*NAMES, "stop_gradient"}


def test_names_are_distinct():
    assert len(set(NAMES)) == len(NAMES) >= 34
