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

{{- /* The password of the database's owner: as given, as it was made, or made up once. */}}
{{- define "madang.databasePassword" -}}
{{- if not (hasKey .Values "made") }}
{{- $_ := set .Values "made" (dict "database" (.Values.secrets.postgresPassword | default (get (get (lookup "v1" "Secret" .Release.Namespace "madang") "data" | default dict) "postgres-password" | b64dec) | default (randAlphaNum 32))) }}
{{- end }}
{{- .Values.made.database }}
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
