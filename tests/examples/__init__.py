"""The examples and the README, run as a reader would run them."""
