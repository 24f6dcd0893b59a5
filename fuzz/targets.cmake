# One line per target, sorted.
