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


LONG = ("properties/", "exact/test_random", "exact/test_several", "ops/test_rows.py::test_second")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest, and depends least on the version of Python, is slow."""
    for item in items:
        if "over_reverse" in item.name or any(f"tests/{room}" in item.nodeid for room in LONG):
            item.add_marker(pytest.mark.slow)
