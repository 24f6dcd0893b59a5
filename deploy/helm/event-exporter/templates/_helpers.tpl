{{- define "event-exporter.enabled" -}}
{{- if and .Values.enabled .Values.global.eventExporter.enabled -}}true{{- end -}}
{{- end -}}

{{- define "event-exporter.name" -}}
{{- .Values.fullnameOverride | default "event-exporter" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "event-exporter.selectorLabels" -}}
app.kubernetes.io/name: event-exporter
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "event-exporter.labels" -}}
{{ include "event-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "event-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "event-exporter.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Text as a TOML string. JSON's escapes are TOML's too. DEL, which only JSON lets stand, does not get through helm. */}}
{{- define "event-exporter.string" -}}
{{- toJson . -}}
{{- end -}}

{{/* A metadata value as a TOML string: YAML's numbers come as floating point, and 12345678 must not become 1.2345678e+07. */}}
{{- define "event-exporter.text" -}}
{{- if kindIs "string" . -}}{{ include "event-exporter.string" . }}{{- else -}}{{ include "event-exporter.string" (toJson .) }}{{- end -}}
{{- end -}}

{{/* Seconds of a duration in Go's syntax, fractions cut. */}}
{{- define "event-exporter.seconds" -}}
{{- $start := toDate "2006-01-02" "2020-01-01" -}}
{{- sub ($start | mustDateModify . | unixEpoch) ($start | unixEpoch) -}}
{{- end -}}

{{/* A duration as a TOML string; `name` is the value's path. Refused here, so that `helm upgrade` says it, not a pod. */}}
{{- define "event-exporter.duration" -}}
{{- if not (regexMatch "^[-+]?(0|(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$" .value) -}}
{{- fail (printf "%s: %q is not a duration; write it like \"30s\", \"1m30s\" or \"500ms\"" .name .value) -}}
{{- end -}}
{{- include "event-exporter.string" .value -}}
{{- end -}}

{{/* exporter.metadata and metadata, merged; the second wins, because the first has defaults. */}}
{{- define "event-exporter.metadata" -}}
{{- $all := dict -}}
{{- range $one := list .Values.exporter.metadata .Values.metadata -}}
{{- range $key, $value := $one -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $all $key $value -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (get $all "cluster") -}}
{{- fail "exporter.metadata.cluster is required: name the cluster, it is part of every event" -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/*
What the values say about the datastore, as JSON:
  own        the chart's own settings are used (uri, existingSecret, sqlite), not a ConfigMap's
  provider   mongodb or sqlite
  configMap  whose variables the pod takes
  secrets    likewise
  certificate, authority   Secrets to mount; certificatePath where; optional whether the pod starts without them
*/}}
{{- define "event-exporter.datastore" -}}
{{- $own := .Values.datastore -}}
{{- $parent := .Values.global.datastore | default dict -}}
{{- $store := .Values.global.mongodbStore | default dict -}}
{{- $sqlite := eq $own.provider "sqlite" -}}
{{- $isOwn := or $own.uri $own.existingSecret $sqlite | not | not -}}
{{- $configMap := $own.existingConfigMap -}}
{{- $secrets := list -}}
{{- $provider := $own.provider | default "mongodb" -}}
{{- $authority := $own.tls.caSecret -}}
{{- $optional := false -}}
{{- if not (or $configMap $isOwn) -}}
  {{- if $parent -}}
    {{- $configMap = printf "%s-datastore-config" .Release.Name -}}
    {{- $provider = $parent.provider | default "mongodb" -}}
    {{- with ($parent.credentialsFromSecret | default dict).name -}}{{- $secrets = append $secrets . -}}{{- end -}}
    {{- $optional = $store.enabled | default false -}}
    {{- if not $authority -}}{{- $authority = ($parent.tls | default dict).caSecretName -}}{{- end -}}
  {{- else if $store.enabled -}}
    {{- $configMap = "mongodb-config" -}}
    {{- $optional = true -}}
  {{- else -}}
    {{- fail "no datastore: set datastore.existingConfigMap to NVSentinel's ConfigMap (mongodb-config), or datastore.existingSecret to a Secret with MONGODB_URI, or datastore.uri; as a part of NVSentinel's chart enable its datastore (global.mongodbStore.enabled or global.datastore)" -}}
  {{- end -}}
{{- end -}}
{{- if not (has $provider (list "mongodb" "sqlite")) -}}
{{- fail (printf "the datastore's provider is %q, which this version does not read; it reads mongodb and sqlite" $provider) -}}
{{- end -}}
{{- if and $sqlite (or $own.existingConfigMap $own.existingSecret $own.uri) -}}
{{- fail "datastore.provider sqlite excludes datastore.existingConfigMap, existingSecret and uri" -}}
{{- end -}}
{{- if and $own.uri $own.existingSecret -}}
{{- fail "datastore.uri and datastore.existingSecret exclude each other" -}}
{{- end -}}
{{- with $own.existingSecret -}}{{- $secrets = append $secrets . -}}{{- end -}}
{{- if $own.uri -}}{{- $secrets = append $secrets (printf "%s-datastore" (include "event-exporter.name" .)) -}}{{- end -}}
{{- $path := .Values.mongodbStore.clientCertMountPath -}}
{{- if hasKey $store "clientCertMountPath" -}}{{- $path = $store.clientCertMountPath -}}{{- end -}}
{{- $certificate := $own.tls.clientCertSecret -}}
{{- if and (not $certificate) $configMap -}}{{- $certificate = "mongo-app-client-cert-secret" -}}{{- end -}}
{{- if or $sqlite (not $path) -}}{{- $certificate = "" -}}{{- end -}}
{{- if or $sqlite $certificate -}}{{- $authority = "" -}}{{- end -}}
{{- toJson (dict "own" (and $isOwn (not $configMap)) "provider" $provider "configMap" $configMap "secrets" $secrets
    "certificate" $certificate "certificatePath" $path "authority" ($authority | default "") "optional" $optional) -}}
{{- end -}}

{{/* Refuses values that contradict each other or cannot be read. Rendered for its errors alone. */}}
{{- define "event-exporter.check" -}}
{{- $exporter := .Values.exporter -}}
{{- $datastore := include "event-exporter.datastore" . | fromJson -}}
{{- $sqlite := eq $datastore.provider "sqlite" -}}
{{- if and (gt (int .Values.replicaCount) 1) (not $exporter.lease.enabled) -}}
{{- fail (printf "replicaCount is %d, but exporter.lease.enabled is false: every event would be sent %d times; set replicaCount to 1" (int .Values.replicaCount) (int .Values.replicaCount)) -}}
{{- end -}}
{{- if and $sqlite (gt (int .Values.replicaCount) 1) -}}
{{- fail (printf "replicaCount is %d, but pods cannot share an sqlite file; set replicaCount to 1" (int .Values.replicaCount)) -}}
{{- end -}}
{{- if $sqlite -}}
{{- if not (hasPrefix "/" .Values.datastore.path) -}}{{- fail "datastore.path is required with sqlite: the absolute path of the file" -}}{{- end -}}
{{- if not (or .Values.datastore.claimName .Values.extraVolumeMounts) -}}
{{- fail "datastore.claimName is required with sqlite: the claim whose volume holds the file (or mount one by extraVolumes and extraVolumeMounts)" -}}
{{- end -}}
{{- end -}}
{{- $_ := include "event-exporter.config" . -}}
{{- range $name := list "sink" "oidc" -}}
{{- $part := get $exporter $name -}}
{{- $given := list -}}
{{- range $key := list "caSecretName" "caConfigMapName" "caFile" -}}{{- if get $part $key -}}{{- $given = append $given $key -}}{{- end -}}{{- end -}}
{{- if gt (len $given) 1 -}}{{- fail (printf "exporter.%s: %s exclude each other" $name (join " and " $given)) -}}{{- end -}}
{{- end -}}
{{- if and .Values.global.tracing.enabled (not .Values.global.tracing.endpoint) -}}
{{- fail "global.tracing.endpoint is required when tracing is enabled: the collector's host:port" -}}
{{- end -}}
{{- if .Values.terminationGracePeriodSeconds -}}
{{- $drain := include "event-exporter.seconds" $exporter.shutdown.drainTimeout -}}
{{- if lt (int .Values.terminationGracePeriodSeconds) (int $drain) -}}
{{- fail (printf "terminationGracePeriodSeconds is %d, but exporter.shutdown.drainTimeout is %s: the pod would be killed while it drains" (int .Values.terminationGracePeriodSeconds) $exporter.shutdown.drainTimeout) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where the authorities for exporter.<part> are, as a TOML string. */}}
{{- define "event-exporter.caFile" -}}
{{- if or .values.caSecretName .values.caConfigMapName -}}
{{- include "event-exporter.string" (printf "/etc/event-exporter/%s-ca/ca.crt" .part) -}}
{{- else -}}
{{- include "event-exporter.string" .values.caFile -}}
{{- end -}}
{{- end -}}
