"""Random, typed, well-formed Python programs, and what the derivatives of each must satisfy."""
