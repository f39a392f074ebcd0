"""Gradients written by hand, the yardstick for the generated ones."""
