"""The last line of a program: a scalar that depends on most of what is live."""

from __future__ import annotations

from tests.properties.blocks import Block
from tests.properties.kinds import SCALAR, Array, Dict, Kind, List, Object, Scalar, Tuple

USED = 0.85
MOST = 12


def total(block: Block) -> str:
    """Write a sum of shares of the names in scope; some are left out, and so are unused."""
    terms = [
        _share(block, name, kind)
        for name, kind in block.scope.kinds.items()
        if block.rng.random() < USED
    ]
    terms = [term for term in terms if term]
    block.rng.shuffle(terms)
    return " + ".join(terms[:MOST]) if terms else block.write.scalar(2).text


def _share(block: Block, text: str, kind: Kind) -> str:
    """Write a scalar that depends on a value; nothing where it has no derivative."""
    rng = block.rng
    weight = rng.randint(1, 19) / 10
    match kind:
        case Scalar():
            return rng.choice((f"{weight} * {text}", text, f"math.sin({text})"))
        case Array(_, "float32"):
            return f"float(np.sum({text}))"
        case Array():
            templates = ("{1} * np.sum({0})", "np.sum({0} * {0})", "np.sum({0} ** 2)")
            return rng.choice((*templates, "np.mean(np.sin({0}))")).format(text, weight)
        case Tuple(items):
            index = rng.randrange(len(items))
            return _share(block, f"{text}[{index}]", items[index])
        case List(item, length) if length:
            if item == SCALAR and rng.random() < 0.5:
                return f"sum({text})"
            return _share(block, f"{text}[{rng.randrange(length)}]", item)
        case Dict(fields):
            key, item = rng.choice(fields)
            return _share(block, f"{text}[{key!r}]", item)
        case Object(_, fields, _):
            name, item = rng.choice(fields)
            return _share(block, f"{text}.{name}", item)
        case _:
            return ""
