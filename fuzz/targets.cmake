# One line per target, sorted.
exporter_fuzz(bson_fuzz DEPS decode transform LIBS simdjson::simdjson)
exporter_fuzz(decode_fuzz DEPS decode transform LIBS simdjson::simdjson)
exporter_fuzz(filter_eval_fuzz DEPS filter event)
exporter_fuzz(filter_parse_fuzz DEPS filter event)
exporter_fuzz(response_fuzz DEPS sink_http)
exporter_fuzz(token_fuzz DEPS auth)
exporter_fuzz(config_fuzz DEPS config)
