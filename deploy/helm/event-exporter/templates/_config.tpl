{{/* The program's configuration file. Numbers and booleans are the same in JSON and in TOML. */}}
{{- define "event-exporter.config" -}}
{{- $exporter := .Values.exporter -}}
{{- $datastore := include "event-exporter.datastore" . | fromJson -}}
{{- $metadata := include "event-exporter.metadata" . | fromJson -}}
[exporter.metadata]
cluster = {{ include "event-exporter.text" $metadata.cluster }}
{{- range $key, $value := omit $metadata "cluster" }}
{{ if regexMatch "^[A-Za-z0-9_-]+$" $key }}{{ $key }}{{ else }}{{ include "event-exporter.string" $key }}{{ end }} = {{ include "event-exporter.text" $value }}
{{- end }}

[exporter.sink]
endpoint = {{ include "event-exporter.string" $exporter.sink.endpoint }}
timeout = {{ include "event-exporter.duration" (dict "name" "exporter.sink.timeout" "value" $exporter.sink.timeout) }}
insecure_skip_verify = {{ toJson $exporter.sink.insecureSkipVerify }}
ca_file = {{ include "event-exporter.caFile" (dict "part" "sink" "values" $exporter.sink) }}

[exporter.oidc]
token_url = {{ include "event-exporter.string" $exporter.oidc.tokenUrl }}
client_id = {{ include "event-exporter.string" $exporter.oidc.clientId }}
scope = {{ include "event-exporter.string" $exporter.oidc.scope }}
insecure_skip_verify = {{ toJson $exporter.oidc.insecureSkipVerify }}
ca_file = {{ include "event-exporter.caFile" (dict "part" "oidc" "values" $exporter.oidc) }}
client_auth = {{ include "event-exporter.string" $exporter.oidc.clientAuth }}

[exporter.backfill]
enabled = {{ toJson $exporter.backfill.enabled }}
max_age = {{ include "event-exporter.duration" (dict "name" "exporter.backfill.maxAge" "value" $exporter.backfill.maxAge) }}
max_events = {{ toJson $exporter.backfill.maxEvents }}
batch_size = {{ toJson $exporter.backfill.batchSize }}
rate_limit = {{ toJson $exporter.backfill.rateLimit }}

[exporter.resume_token]
database = {{ include "event-exporter.string" $exporter.resumeToken.database }}
collection = {{ include "event-exporter.string" $exporter.resumeToken.collection }}

[exporter.failure_handling]
max_retries = {{ toJson $exporter.failureHandling.maxRetries }}
initial_backoff = {{ include "event-exporter.duration" (dict "name" "exporter.failureHandling.initialBackoff" "value" $exporter.failureHandling.initialBackoff) }}
max_backoff = {{ include "event-exporter.duration" (dict "name" "exporter.failureHandling.maxBackoff" "value" $exporter.failureHandling.maxBackoff) }}
backoff_multiplier = {{ toJson $exporter.failureHandling.backoffMultiplier }}
on_exhausted = {{ include "event-exporter.string" $exporter.failureHandling.onExhausted }}

[exporter.filter]
expression = {{ include "event-exporter.string" $exporter.filter.expression }}

[exporter.event]
id_mode = {{ include "event-exporter.string" $exporter.event.idMode }}
payload_version = {{ include "event-exporter.string" $exporter.event.payloadVersion }}

[exporter.delivery]
ordering = {{ include "event-exporter.string" $exporter.delivery.ordering }}
ordering_relax_after = {{ toJson $exporter.delivery.orderingRelaxAfter }}
queue_bytes = {{ toJson $exporter.delivery.queueBytes }}

[exporter.checkpoint]
interval = {{ include "event-exporter.duration" (dict "name" "exporter.checkpoint.interval" "value" $exporter.checkpoint.interval) }}

[exporter.lease]
enabled = {{ toJson $exporter.lease.enabled }}
term = {{ include "event-exporter.duration" (dict "name" "exporter.lease.term" "value" $exporter.lease.term) }}

[exporter.readiness]
max_export_lag = {{ include "event-exporter.duration" (dict "name" "exporter.readiness.maxExportLag" "value" $exporter.readiness.maxExportLag) }}

[exporter.shutdown]
drain_timeout = {{ include "event-exporter.duration" (dict "name" "exporter.shutdown.drainTimeout" "value" $exporter.shutdown.drainTimeout) }}
{{- if $datastore.own }}

[exporter.datastore]
provider = {{ include "event-exporter.string" $datastore.provider }}
{{- if eq $datastore.provider "sqlite" }}
path = {{ include "event-exporter.string" .Values.datastore.path }}
{{- else }}
database = {{ include "event-exporter.string" .Values.datastore.database }}
token_database = {{ include "event-exporter.string" (.Values.datastore.tokenDatabase | default .Values.datastore.database) }}
token_collection = {{ include "event-exporter.string" .Values.datastore.tokenCollection }}
{{- end }}
{{- end }}
{{- end -}}
