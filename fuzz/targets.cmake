# One line per target, sorted.
exporter_fuzz(config_fuzz DEPS config)
