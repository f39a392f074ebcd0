"""Generated programs: series, patterns and several seeds against single sweeps.

`python -m tests.exact.test_random 1000` judges as many programs and prints what came of them.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.api import several
from srcdiff.api.arrange import arranged
from srcdiff.api.products import pulled, pushforward
from srcdiff.errors import Refused
from tests.properties.generate import generate

PROGRAMS = 12


def close(found: Any, wanted: Any, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * scale(wanted))


def scale(values: Any) -> float:
    finite = np.abs(np.asarray(values, dtype=complex))
    finite = finite[np.isfinite(finite)]
    return max(1.0, float(finite.max())) if finite.size else 1.0


def judge(program: Any, sparse: bool) -> str:
    """Hold the program's derivatives by each argument against single sweeps; what was there to hold."""
    if "float32" in program.source or any(is_single(a) for a in numbers(program.args)):
        return "single precision"
    value = program.function(*deepcopy(program.args))
    names = srcdiff.api.requests.signature_of(program.function).parameters
    done = ""
    for name, x in zip(names, program.args):
        if not isinstance(x, (float, np.ndarray)) or np.asarray(x).dtype != np.float64:
            continue
        call = arranged(program.function, (name,), deepcopy(program.args), {})
        check_series(call, x)
        done = "series"
        if not isinstance(value, (float, np.ndarray)) or not np.size(x) or not np.size(value):
            continue
        columns = check_several(call, x)
        if sparse:
            pattern = srcdiff.sparsity(program.function, name)(*deepcopy(program.args)).toarray()
            assert not ((columns != 0.0) & ~pattern).any(), "an entry outside of the pattern"
        done = "all"
    return done


def is_single(x: Any) -> bool:
    return np.asarray(x).dtype == np.float32


def check_series(call: Any, x: Any) -> None:
    random = np.random.default_rng(3)
    s = random.normal(size=np.shape(x)) if isinstance(x, np.ndarray) else 0.7
    rest = call.primals[1:]
    found = srcdiff.taylor(call.function, x, s, 2, *rest)

    def slope(x, s, *rest):
        return srcdiff.directional_derivative(call.function, x, s, *rest)

    bend = srcdiff.directional_derivative(slope, deepcopy(x), s, s, *deepcopy(rest))
    slopes = slope(deepcopy(x), s, *deepcopy(rest)), bend
    for coefficient, wanted, factor in zip(found[1:], slopes, (1.0, 0.5)):
        for a, b in zip(numbers(coefficient), numbers(wanted), strict=True):
            close(a, np.asarray(b) * factor, 1e-8)


def numbers(value: Any) -> list[Any]:
    """The float leaves of a value."""
    if isinstance(value, dict):
        return [n for v in value.values() for n in numbers(v)]
    if isinstance(value, (tuple, list)):
        return [n for v in value for n in numbers(v)]
    if hasattr(value, "__dict__"):
        return [n for v in vars(value).values() for n in numbers(v)]
    return [value] if isinstance(value, (float, complex, np.inexact, np.ndarray)) else []


def check_several(call: Any, x: Any) -> Any:
    """Columns and rows at once against one by one; the Jacobian."""
    push = pushforward(call.function, len(call.primals), 1)
    seeds = several.units(x)
    size = int(np.size(x))
    sweeps = several.forward(call.function, deepcopy(call.primals), seeds, size)
    found = np.concatenate([d for _, _, d in sweeps])
    cast = np.asarray if isinstance(x, np.ndarray) else float
    wanted = np.stack([push(*deepcopy(call.primals), cast(s))[1] for s in seeds(0, size)])
    close(found, wanted)
    value, pullback = pulled(call.function, deepcopy(call.primals), 1)
    if np.asarray(value).dtype.kind == "f":
        reverse = several.Reverse(call.function, deepcopy(call.primals))
        rows = several.units(value)
        count = int(np.size(value))
        found = np.concatenate([c for _, c in reverse.sweeps(rows, count)])
        make = np.asarray if isinstance(value, np.ndarray) else type(value)
        close(found, np.stack([pullback(make(s))[0] for s in rows(0, count)]))
    return np.moveaxis(wanted.reshape(size, -1), 0, -1)


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_generated_programs(seed: int) -> None:
    sparse = pytest.importorskip("scipy") is not None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            judge(generate(seed), sparse)
        except Refused as refusal:
            assert "SD5" not in str(refusal)[:3] and "SD519" not in str(refusal)


def main(count: int, first: int = 1000, writes: bool = False) -> int:
    """Judge `count` programs; the number of wrong ones."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    outcomes: Counter[str] = Counter()
    for seed in range(first, first + count):
        try:
            outcome = judge(generate(seed, writes=bool(writes)), True) or "no float argument"
        except Refused as refusal:
            outcome = f"refused {str(refusal)[:5]}"
        except Exception as error:
            outcome = "WRONG"
            print(f"seed {seed}: {type(error).__name__}: {str(error)[:600]}", flush=True)
        outcomes[outcome] += 1
    print(dict(outcomes))
    return outcomes["WRONG"]


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
