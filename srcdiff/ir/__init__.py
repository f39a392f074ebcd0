"""The intermediate form: nodes (core), types, walking, verification, print. Knows no operation."""
