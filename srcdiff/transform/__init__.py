"""See the package docstring of srcdiff for the room's place."""
