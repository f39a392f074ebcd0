"""The page of supported operations is the one the table gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from srcdiff.ops.support import page

PAGE = Path(__file__).parents[2] / "docs" / "support.md"


@pytest.mark.skipif(
    sys.version_info < (3, 11) or np.lib.NumpyVersion(np.__version__) < "2.2.0",
    reason="the page tells what the newest versions have",
)
def test_page_is_current() -> None:
    """Older versions have fewer functions: what they give is part of the page."""
    written = PAGE.read_text().splitlines()
    missing = [line for line in page().splitlines() if line not in written]
    assert missing == [], "run: python -m srcdiff.ops.support > docs/support.md"


@pytest.mark.skipif(sys.version_info < (3, 13), reason="the page is made by Python 3.13")
def test_page_holds_nothing_else() -> None:
    assert PAGE.read_text() == page(), "run: python -m srcdiff.ops.support > docs/support.md"
