"""Long lines: folded where a careful hand would fold them, and meaning the same."""

from __future__ import annotations

import ast

import pytest

from srcdiff.emit.source import Comment, to_text

LONG = "a_rather_long_name_number_"
NAMES = [f"{LONG}{k}" for k in range(9)]


def lines(source: str) -> list[str]:
    text = to_text(ast.parse(source).body)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(source))
    found = text.rstrip("\n").split("\n")
    assert all(len(line) <= 99 for line in found)
    return found


def test_arguments_move_to_a_line_of_their_own() -> None:
    inside = f"{', '.join(NAMES[:3])}, axis=0"
    assert lines(f"x = function({inside})") == ["x = function(", f"    {inside}", ")"]


def test_many_arguments_stand_below_each_other() -> None:
    found = lines(f"x = function({', '.join(NAMES)})")
    assert found == ["x = function(", *(f"    {n}," for n in NAMES), ")"]


def test_sums_get_a_bracket_and_lead_with_the_operator() -> None:
    found = lines(f"x = {' + '.join(NAMES[:5])}")
    assert found == ["x = (", f"    {NAMES[0]}", *(f"    + {n}" for n in NAMES[1:5]), ")"]


def test_a_bare_tuple_is_returned_in_brackets() -> None:
    found = lines(f"def f():\n    return {', '.join(NAMES)}")
    assert found == ["def f():", "    return (", *(f"        {n}," for n in NAMES), "    )"]


def test_conditions_fold_inside_if_and_while() -> None:
    found = lines(
        f"if {' and '.join(NAMES[:5])}:\n    pass\nwhile {' or '.join(NAMES[:5])}:\n    pass"
    )
    assert (
        found[0] == "if (" and found[6] == "):" and found[7] == "    pass" and found[8] == "while ("
    )


def test_conditional_expressions_fold_at_their_words() -> None:
    found = lines(f"x = {NAMES[0]} * {NAMES[1]} if {NAMES[2]} else {NAMES[3]} * {NAMES[4]}")
    assert [line.split()[0] for line in found[1:-1]] == [NAMES[0], "if", "else"]


def test_brackets_inside_brackets() -> None:
    inner = f"g({', '.join(NAMES[:6])})"
    found = lines(f"x = f({inner}, {NAMES[7]}, {NAMES[8]})")
    assert found[0] == "x = f(" and found[1] == "    g(" and found[-1] == ")"


def test_strings_are_never_cut() -> None:
    text = "words, (and) brackets " * 6
    found = to_text(ast.parse(f"x = f({text!r}, y)").body)
    assert repr(text).strip("'") in found


@pytest.mark.parametrize("width", [60, 140])
def test_comments_are_cut_to_the_line(width: int) -> None:
    (line,) = to_text([Comment("# " + "x" * width)]).splitlines()
    assert len(line) <= 99 and line.endswith("...") == (width > 99)


@pytest.mark.parametrize(
    "source",
    [
        "x = (a + b) * -c ** 2 - (d - (e - f)) / (g * h)",
        "x = not (a and (b or c)) and (d if e else f)",
        "x = (-a) ** b ** c, (a, (b,)), a[b, ::-1, None, (c, d)], [(1, 2)], {1: (2, 3)}",
        "x[i, :] += (yield_ := a) if b else c",
        "x = [1.0 for _ in range(3)], [a if b else c for k in d]",
        "x = -1 .real, (1.5).real, (a < b) == (c > d), (lambda: 0)()",
    ],
)
def test_parentheses_keep_the_meaning(source: str) -> None:
    lines(source)
