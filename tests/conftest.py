"""Options and fixtures that all rooms share."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault(
    "SRCDIFF_VERIFY", "1"
)  # the form is checked after every pass, before srcdiff is loaded


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what was found into the golden files instead of comparing",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written."""
    return bool(request.config.getoption("--update-golden"))


LONG = ("properties/", "exact/", "estimate/", "optimise/", "explain/", "examples/", "ops/", "check/",
        "plugin/", "mutants/", "handwritten/", "structure/", "files/test_golden_programs",
        "cli/test_check", "cli/test_terminal", "cli/test_pages", "cli/test_services")  # fmt: skip
STAGES = ("over_reverse", "-vjp]", "-jvp]")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest, and depends least on the version of Python, is slow."""
    for item in items:
        long = any(f"tests/{room}" in item.nodeid for room in LONG)
        if long or any(stage in item.name for stage in STAGES):
            item.add_marker(pytest.mark.slow)
