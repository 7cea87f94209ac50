"""Open, act on, correct, move, show and erase cases."""
