"""Compare the size of generated gradients with hand-written ones, in lines and in tokens.

    python -m tests.handwritten.ratio            # the table
    python -m tests.handwritten.ratio --show     # with both sources of each program

Blank lines, comments, docstrings and imports count on neither side; only the functions do.
"""

import argparse
import ast
import inspect
import io
import math
import textwrap
import tokenize

import srcdiff
from tests.handwritten import programs

LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def ignored_lines(tree):
    """The numbers of the lines that hold a docstring or a top-level import."""
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    ignored = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            ignored.append(node.body[0])
    return {line for node in ignored for line in range(node.lineno, node.end_lineno + 1)}


def counts(source):
    """The number of lines and of tokens that carry code."""
    source = textwrap.dedent(source)
    ignored = ignored_lines(ast.parse(source))
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in LAYOUT and token.start[0] not in ignored
    ]
    lines = {n for token in tokens for n in range(token.start[0], token.end[0] + 1)}
    return len(lines), len(tokens)


def sources(program):
    """The gradient as srcdiff writes it and as it was written by hand."""
    generated = srcdiff.grad(program.primal, wrt=program.wrt).source(*program.args)
    return str(generated), inspect.getsource(program.gradient)


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", action="store_true", help="print both sources of each program")
    show = parser.parse_args().show
    rows = []
    for program in programs.samples():
        generated, by_hand = sources(program)
        if show:
            print(f"### {program.name}\n\n{generated}\n{by_hand}")
        rows.append((program.name, *counts(generated), *counts(by_hand)))

    print("| program | generated lines | by hand | ratio | generated tokens | by hand | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, lines, tokens, hand_lines, hand_tokens in rows:
        print(
            f"| {name} | {lines} | {hand_lines} | {lines / hand_lines:.2f} "
            f"| {tokens} | {hand_tokens} | {tokens / hand_tokens:.2f} |"
        )
    by_lines = mean([lines / hand_lines for _, lines, _, hand_lines, _ in rows])
    by_tokens = mean([tokens / hand_tokens for _, _, tokens, _, hand_tokens in rows])
    print(f"| geometric mean | | | {by_lines:.2f} | | | {by_tokens:.2f} |")


if __name__ == "__main__":
    main()
