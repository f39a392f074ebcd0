"""docs/memory.md: its source is what is generated, its sessions are what happens."""

from __future__ import annotations

import doctest

import numpy as np

from tests.docs import blocks

PAGE = "memory.md"


def test_the_source_is_what_is_generated(update_golden: bool) -> None:
    heat = blocks.run(blocks.block(PAGE, "memory", "program"), "memory")["heat"]
    source = heat.source(np.ones(9), 0.1, 1000)
    found = source[source.index("def heat_grad") :].strip("\n") + "\n"
    if update_golden:
        blocks.replace(PAGE, "memory", "source", found)
    assert blocks.block(PAGE, "memory", "source") == found
    assert heat.check(np.linspace(0.2, 0.9, 9), 0.1, 40).ok


def test_writes_are_undone(update_golden: bool) -> None:
    seidel = blocks.run(blocks.block(PAGE, "memory", "seidel"), "seidel")["seidel"]
    args = np.array([1.0, -0.5, 2.0]), np.eye(3) + 0.3, 2
    source = seidel.source(*args)
    found = source[source.index("def seidel_grad") :].strip("\n") + "\n"
    if update_golden:
        blocks.replace(PAGE, "memory", "undone", found)
    assert blocks.block(PAGE, "memory", "undone") == found
    assert seidel.check(*args).ok


def test_the_sessions() -> None:
    result = doctest.testfile(str(blocks.DOCS / PAGE), module_relative=False)
    assert result.failed == 0 and result.attempted > 8
