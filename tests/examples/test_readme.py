"""The README shows what the compiler writes today, and commands that exist."""

import re

from tests.examples import readme


def test_generated_source_is_up_to_date():
    text = readme.README.read_text()
    expected = readme.output(readme.block(text, "example", "quickstart"))
    hint = "run `python -m tests.examples.readme` to renew it"
    assert readme.block(text, "generated", "quickstart") == expected, hint


def test_commands_are_one_line_each():
    text = readme.README.read_text()
    for name in ("quickstart", "tests"):
        assert len(readme.block(text, "command", name).splitlines()) == 1


def test_files_it_names_exist():
    text = readme.README.read_text()
    linked = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert linked
    for path in linked:
        assert (readme.ROOT / path).exists(), path
