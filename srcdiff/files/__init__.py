"""Derivative files: modules of derivatives that need NumPy and nothing else.

reach, spell            the source a function is made of; signatures as text
ask, carry, annotate    what is wanted, what it needs from the user's program, types and defaults
examples, selfcheck     example arguments, and the check that `python FILE.py` runs
module                  the text
disk                    files written, read, compared
frozen                  a committed file at run time
"""

from __future__ import annotations

from srcdiff.files.frozen import Frozen, frozen

__all__ = ["Frozen", "frozen"]
