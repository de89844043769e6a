{{- define "madang.labels" -}}
app.kubernetes.io/part-of: madang
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{ include "madang.selector" . }}
{{- end }}

{{- define "madang.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* What every container may do: nothing but its work. */}}
{{- define "madang.containerSecurity" -}}
runAsNonRoot: true
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* "own" where there is an Alertmanager of the chart's: it belongs to a Prometheus of the chart's. */}}
{{- define "madang.ownAlertmanager" -}}
{{- if and .Values.monitoring.prometheus.own .Values.monitoring.alertmanager.own }}own{{ end }}
{{- end }}

{{- define "madang.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What the Secret has, in .Values.made: as given, as it was made, or made up once. Of one of
     the operator's own it is what that says. */}}
{{- define "madang.made" -}}
{{- if not (hasKey .Values "made") }}
{{- $s := .Values.secrets }}
{{- $kept := dict }}
{{- range $key, $value := get (lookup "v1" "Secret" .Release.Namespace (include "madang.secret" . | trim)) "data" | default dict }}
{{- $_ := set $kept $key (b64dec $value) }}
{{- end }}
{{- if not $s.existing }}
{{- $operator := ne .Values.postgres.operator "" }}
{{- $database := $s.postgresPassword | default (get $kept "postgres-password") | default (randAlphaNum 32) }}
{{- $redis := $s.redisPassword | default (get $kept "redis-password") | default (randAlphaNum 32) }}
{{- $kept = dict
  "secret-key" ($s.secretKey | default (get $kept "secret-key") | default (randBytes 32))
  "admin-password" ($s.adminPassword | default (get $kept "admin-password") | default (randAlphaNum 20))
  "postgres-password" $database
  "database-url" (.Values.postgres.url | default (printf "postgres://madang:%s@%s:5432/madang?sslmode=%s" $database (ternary "postgres-rw" "postgres" $operator) (ternary "require" "disable" $operator)))
  "redis-password" $redis
  "redis-url" (printf "redis://:%s@%s:%d/0" (urlquery $redis) (.Values.redis.host | default "redis") (int .Values.redis.port))
  "storage-access-key" (required "secrets.storageAccessKey" $s.storageAccessKey)
  "storage-secret-key" (required "secrets.storageSecretKey" $s.storageSecretKey)
  "backup-access-key" ($s.backupAccessKey | default $s.storageAccessKey)
  "backup-secret-key" ($s.backupSecretKey | default $s.storageSecretKey)
  "smtp-url" (required "secrets.smtpUrl" $s.smtpUrl)
}}
{{- with $s.heartbeatUrl }}{{ $_ := set $kept "heartbeat-url" . }}{{ end }}
{{- with $s.oidcIssuers }}{{ $_ := set $kept "oidc-issuers" . }}{{ end }}
{{- end }}
{{- $_ := set .Values "made" $kept }}
{{- end }}
{{- end }}

{{- /* The password of the database's owner. */}}
{{- define "madang.databasePassword" -}}
{{- include "madang.made" . }}
{{- get .Values.made "postgres-password" | default .Values.secrets.postgresPassword | required "the Secret secrets.existing has no postgres-password" }}
{{- end }}

{{- /* An annotation of pods that changes with what they read of the Secret, so that they start
     anew: a pod keeps the environment that it began with. Nobody reads a key out of it: the
     greatest of them is in every sum. */}}
{{- define "madang.reads" -}}
{{- include "madang.made" .root }}
{{- $made := .root.Values.made }}
{{- $read := list (get $made "secret-key" | default "") }}
{{- range .keys }}{{ $read = append $read (printf "%s=%s" . (get $made . | default "")) }}{{ end -}}
madang.kr/secret: {{ join "\n" $read | sha256sum | trunc 16 | quote }}
{{- end }}

{{- define "madang.secret" -}}
{{ .Values.secrets.existing | default "madang" }}
{{- end }}

{{- define "madang.fromSecret" -}}

valueFrom: {secretKeyRef: {name: {{ include "madang.secret" .root }}, key: {{ .key }}{{ if hasKey . "optional" }}, optional: true{{ end }}}}
{{- end }}

{{- define "madang.redisHost" -}}
{{ .Values.redis.host | default (printf "redis.%s.svc.%s" .Release.Namespace .Values.knative.clusterDomain) }}
{{- end }}

{{- /* Where events are published. Short names: each dot less is a lookup less. */}}
{{- define "madang.broker" -}}
{{- if eq .Values.events.class "MTChannelBasedBroker" -}}
http://broker-ingress.knative-eventing/{{ .Release.Namespace }}/madang
{{- else if eq .Values.events.class "Kafka" -}}
http://kafka-broker-ingress.knative-eventing/{{ .Release.Namespace }}/madang
{{- else -}}
http://madang-broker-ingress
{{- end -}}
{{- end }}
