"""Tests of the printer: from the typed form to Python source."""
