"""What a project wants verified: shared by the command line and the pytest plugin.

target, literals, config   names and example arguments, as text and in pyproject.toml
discover, subject          what there is to verify, and at which arguments
verify, outcome, workers   verifying it, in this process or in others with a time limit
"""
