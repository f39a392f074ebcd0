"""srcdiff: derivatives of Python functions, as Python source."""
