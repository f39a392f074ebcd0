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
