# One line per target, sorted.
exporter_fuzz(decode_fuzz DEPS decode transform LIBS simdjson::simdjson)
