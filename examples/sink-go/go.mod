module event-exporter/examples/sink-go

go 1.19
