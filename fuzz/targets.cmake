# One line per target, sorted.
exporter_fuzz(token_fuzz DEPS auth)
