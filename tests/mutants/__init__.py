"""Faults seeded on purpose, and the runner that shows that the tests notice each of them."""
