# One line per target, sorted.
exporter_fuzz(response_fuzz DEPS sink_http)
