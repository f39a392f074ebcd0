"""From Python to the lowered form: goldens, refusals, and the lowered form run against Python."""
