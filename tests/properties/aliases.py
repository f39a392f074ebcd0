"""Every way to name an array, put it among others and write into it, one program for each.

    python -m tests.properties.aliases --jobs 2                 all of them
    python -m tests.properties.aliases --only "dict value"      those of one alias, shuffle or write
    python -m tests.properties.aliases --show 1234              the program of a number, judged

A program takes an array `a` (an argument, a row of one, an array made here), makes another name `v`
for a part of it, puts `v` into a container with other arrays, takes `w` out again and writes into
it; then it reads what every name holds, writes into `a` and reads again. What stands around the
write, and where `a` comes from, takes turns. Exit status 1 if a program came out wrong or crashed.
"""

from __future__ import annotations

import argparse
import itertools
import random
import textwrap
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from tests.properties.generate import Program
from tests.properties.oracle import CRASH, REFUSED, RIGHT, WRONG, Outcome, examine
from tests.properties.run import reason, shown
from tests.properties.shrink import limited

Table = dict[str, str]

ALIASES: Table = {
    "slice": "v = a[1:4]",
    "strided": "v = a[::-2]",
    "transposed": "v = a.reshape(2, 3).T[:, 1]",
    "reshaped": "v = a.reshape(3, 2)[:, 0]",
    "view of a view": "v = a[1:][:4].ravel()[::-1]",
    "same array": "v = np.asarray(a)",
    "entry of a list": "held = [b, a[2:5]]\nv = held[1]",
    "part of a tuple": "_, (v, _) = (b, (a[:3], b))",
    "value of a dict": "held = dict(one=b, two=a[2:])\nv = held['two']",
    "attribute": "box = Box(a[::2], b)\nv = box.first",
    "method": "v = Box(b, a).tail(2)",
    "closure": "def part():\n    return a[2:5]\nv = part()",
    "result of a call": "v = chosen(b, a, n)",
    "loop variable": "for v in a.reshape(2, 3):\n    pass",
    "view in one branch": "v = a[:3]\nif s > 0.0:\n    v = a[3:]",
    "one of two": "v = a[3:] if s > 0.0 else b",
}
SHUFFLES: Table = {
    "append": "xs = [b]\nxs.append(v)\nw = xs[-1]",
    "pop": "xs = [b, v]\nw = xs.pop()",
    "pop the first": "xs = [v, b]\nw = xs.pop(0)",
    "insert": "xs = [b, c]\nxs.insert(1, v)\nw = xs[1]",
    "reverse": "xs = [v, b, c]\nxs.reverse()\nw = xs[2]",
    "reversed": "xs = list(reversed([v, b, c]))\nw = xs[2]",
    "assigned entry": "xs = [b, c]\nxs[1] = v\nw = xs[1]",
    "assigned slice": "xs = [b, c, b]\nxs[0:2] = [v]\nw = xs[0]",
    "swap": "xs = [b, v]\nxs[0], xs[1] = xs[1], xs[0]\nw = xs[0]",
    "del": "xs = [b, v, c]\ndel xs[0]\nw = xs[0]",
    "copy": "first = [b, v]\nxs = first.copy()\nfirst[1] = c\nw = xs[1]",
    "slice": "first = [b, v, c]\nxs = first[1:]\nfirst.pop()\nw = xs[0]",
    "list()": "first = (b, v)\nxs = list(first)\nxs[0] = c\nw = xs[1]",
    "sum of lists": "xs = [b] + [v, c]\nw = xs[1]",
    "added in place": "xs = [b]\nother = xs\nxs += [v]\nw = other[1]",
    "extend": "xs = [b]\nxs.extend(z for z in (c, v))\nw = xs[2]",
    "repeated": "xs = [b, v] * 2\nxs[1] = c\nw = xs[3]",
    "sorted": "xs = [(b, v)[k] for k in sorted((1, 0), reverse=True)]\nw = xs[0]",
    "comprehension": "xs = [z[:3] for z in (b, v)]\nw = xs[1]",
    "zip": "xs = [b, v]\npairs = [p for p in zip(xs, (c, c))]\nw = pairs[1][0]",
    "enumerate": "xs = [b, v]\nfor k, z in enumerate(xs):\n    if k == 1:\n        w = z",
    "star": "xs, *rest = [b], v, c\nw = rest[0]\nxs += rest",
    "starred call": "xs = [b, v]\nw = second(*xs)",
    "nested": "xs = [c, v]\nheld = [xs, [b]]\nw = held[0][1]",
    "dict": "d = dict(p=b)\nd.update(q=v)\nxs = list(d.values())\nw = d.setdefault('q', c)",
    "popped key": "d = {'p': v, 'q': b}\nw = d.pop('p')\nd['r'] = w\nxs = [z for z in d.values()]",
    "dict of a dict": "d = {'p': b}\nd = {**d, 'q': v}\nxs = [d[k] for k in ('q', 'p')]\nw = xs[0]",
    "attribute": "box = Box(b, v)\nbox.first, box.last = box.last, box.first\nxs = [box.first, c]\nw = box.first",
    "index": "xs = [b, v]\nw = xs[n - 2]",
    "grown": "xs = []\nfor z in (b, v):\n    xs.append(z)\nw = xs[-1]",
    "grown of views": "xs = []\nfor k in range(n):\n    xs.append(v[k : k + 1])\nw = v",
    "rotated": "xs = [b, c, v]\nfor _ in range(2):\n    xs = xs[1:] + xs[:1]\nw = xs[0]",
    "two turns": "p, q = v, b\nfor _ in range(n):\n    p, q = q, p\nw = q if n % 2 else p\nxs = [p, q]",
}  # fmt: skip
WRITES: Table = {
    "element": "w[1] = s * w[0]",
    "slice": "w[1:] = w[:-1] * s",
    "mask": "w[w > 0.55] = s",
    "added": "w += s * w[::-1]",
    "multiplied": "w[:2] *= s",
    "out": "np.multiply(w, s * w + 0.2, out=w)",
    "fill": "w.fill(s * w[0])",
    "sort": "w.sort()",
    "swap": "w[0], w[2] = w[2], w[0]",
    "callee": "scaled(w, s)",
    "added at": "np.add.at(w, [0, 1, 0], s * w[:3])",
    "gathered": "w[[2, 0]] = w[[0, 1]] * s",
    "entry of a list": "ws = [b, w]\nws[-1] -= s * ws[-1] ** 2",
    "attribute": "holder = Box(w, b)\nholder.first *= s\nholder.first[0] += holder.last[1]",
    "loop variable": "for z in (w, w[1:]):\n    z *= s",
    "chosen by an index": "ws = [w, b]\nws[n - 3][1] = s * w[0]",
}
BASES: Table = {
    "the argument": "a = x",
    "a copy": "a = x.copy()",
    "a row": "A = np.stack([x * 0.5, x])\na = A[1]",
}
FRAMES: Table = {
    "once": "{shuffle}\n{write}",
    "in a loop": "{shuffle}\nfor _ in range(n):\n    {write}",
    "in a branch": "{shuffle}\nif s > 0.0:\n    {write}",
    "all in a loop": "for _ in range(2):\n    {shuffle}\n    {write}",
}
HEAD = """
import numpy as np

class Box:
    def __init__(self, first, last):
        self.first = first
        self.last = last
    def tail(self, k):
        return self.last[k:]

def chosen(p, q, n):
    return q[1:4] if n > 1 else p

def second(p, q):
    return q

def scaled(z, s):
    z[0] *= s
    z[1:] -= s * z[:-1]

def told(z):
    return np.sum(np.sin(z * np.arange(1.0, len(z) + 1.0)))
"""
BODY = """
c = b * 1.5
y = np.exp(v * 0.5)
r = told(v * v)
{frame}
r = r * told(w) + told(a) + 2.0 * told(b) + 3.0 * told(c) + np.sum(y * y)
a[2:4] *= s
for k, z in enumerate(xs):
    r = r + told(z) * (k + 1.5)
return r + told(v) * told(w) + told(a * a)
"""
X = np.array([0.31, 0.83, 0.47, 0.71, 0.42, 0.95])
B = np.array([0.62, 0.35, 0.88])
S, N = 0.7, 3


@dataclass(frozen=True)
class Case:
    """One choice from each table."""

    number: int
    alias: str
    shuffle: str
    write: str
    base: str
    frame: str

    def __str__(self) -> str:
        return f"{self.number}: {', '.join(self.parts())}"

    def parts(self) -> tuple[str, ...]:
        """What it consists of; where two tables have an entry of one name, the table is said."""
        write = f"write: {self.write}"
        return f"as {self.alias}", self.shuffle, write, self.base, self.frame

    def program(self) -> Program:
        """The program, to be judged."""
        frame = _filled(FRAMES[self.frame], SHUFFLES[self.shuffle], WRITES[self.write])
        body = "\n".join((BASES[self.base], ALIASES[self.alias], BODY.format(frame=frame)))
        source = f"{HEAD}\ndef program(x, b, s, n):\n{textwrap.indent(body, '    ')}"
        return Program(source, (X, B, S, N), (0, 1, 2), self.number, writes=True)


def _filled(frame: str, shuffle: str, write: str) -> str:
    """The lines of a frame, those of its parts indented as they stand in it."""
    lines = []
    for line in frame.splitlines():
        text = line.strip().format(shuffle=shuffle, write=write)
        lines.append(textwrap.indent(text, line[: len(line) - len(line.lstrip())]))
    return "\n".join(lines)


def cases() -> list[Case]:
    """All of them; base and frame take turns, in an order drawn anew for each alias and shuffle."""
    around = list(itertools.product(BASES, FRAMES))
    rng = random.Random(1)
    made: list[Case] = []
    for alias, shuffle in itertools.product(ALIASES, SHUFFLES):
        rng.shuffle(around)
        for write, (base, frame) in zip(WRITES, itertools.cycle(around)):
            made.append(Case(len(made), alias, shuffle, write, base, frame))
    return made


def sampled(count: int, seed: int = 0) -> list[Case]:
    """Some of them, such that no entry of a table comes much more often than another."""
    rng = random.Random(seed)
    left = cases()
    rng.shuffle(left)
    met: Counter[str] = Counter()
    made = []
    while left and len(made) < count:
        case = min(left[:2000], key=lambda c: sum(met[part] for part in c.parts()))
        left.remove(case)
        met.update(case.parts())
        made.append(case)
    return made


def judged(case: Case, seconds: float = 60.0) -> Outcome:
    """What becomes of a case: in both modes; in full, and to second order, for one in eleven."""
    thorough = case.number % 11 == 0
    try:
        with limited(seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return examine(case.program(), second=thorough, thorough=thorough, both=not thorough)
    except TimeoutError:
        return Outcome(CRASH, "some", f"took more than {seconds:.0f} seconds")


def told(case: Case, outcome: Outcome) -> str:
    """A case and what became of it, as text."""
    return f"{shown(case.program(), outcome)}\n{case}"


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="one alias, shuffle, ...")
    parser.add_argument("--sample", type=int, help="so many of them")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--show", type=int, help="the program of one number")
    given = parser.parse_args()
    if given.show is not None:
        case = cases()[given.show]
        print(told(case, judged(case)))
        return 0
    wanted = cases() if given.sample is None else sampled(given.sample, given.seed)
    wanted = [case for case in wanted if set(given.only) <= set(case.parts())]
    return _report(wanted, given.jobs)


def _report(wanted: Sequence[Case], jobs: int) -> int:
    verdicts: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    start = time.perf_counter()
    for case, outcome in _outcomes(wanted, jobs):
        verdicts[outcome.verdict] += 1
        if outcome.verdict == REFUSED:
            refusals[reason(outcome)] += 1
            refused.update(case.parts())
        elif outcome.verdict != RIGHT:
            print(told(case, outcome), flush=True)
    for counts in (refusals, refused):
        print("".join(f"  {count:6d}  {text}\n" for text, count in counts.most_common(20)))
    print(f"{len(wanted)} programs in {time.perf_counter() - start:.0f} s")
    print(", ".join(f"{verdicts[verdict]} {verdict}" for verdict in (RIGHT, REFUSED, WRONG, CRASH)))
    return int(bool(verdicts[WRONG] or verdicts[CRASH]) or not wanted)


def _outcomes(wanted: Sequence[Case], jobs: int) -> Iterator[tuple[Case, Outcome]]:
    if jobs == 1:
        yield from ((case, judged(case)) for case in wanted)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from zip(wanted, pool.map(judged, wanted, chunksize=8))


if __name__ == "__main__":
    raise SystemExit(main())
