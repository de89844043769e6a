{{- define "pipeline.labels" -}}
app.kubernetes.io/part-of: madang-pipeline
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "pipeline.repositoryURL" -}}
{{ .Values.repository.url | default (printf "https://github.com/%s.git" .Values.repository.name) }}
{{- end }}

{{- define "pipeline.secret" -}}
{{ .Values.secrets.existing | default "pipeline" }}
{{- end }}

{{- define "pipeline.fromSecret" -}}
valueFrom: {secretKeyRef: {name: {{ include "pipeline.secret" .root }}, key: {{ .key }}}}
{{- end }}

{{- /* What every container may do: nothing but its work. */}}
{{- define "pipeline.containerSecurity" -}}
runAsNonRoot: true
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* Pods of one cache go to one node: its volume is there (RWO). */}}
{{- define "pipeline.podTemplate" -}}
securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, fsGroupChangePolicy: OnRootMismatch, seccompProfile: {type: RuntimeDefault}}
enableServiceLinks: false
{{- if get . "builds" }}
{{- with .root.Values.nodes.selector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .root.Values.nodes.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- end }}
{{- with get . "cache" }}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector: {matchLabels: {madang.kr/cache: {{ . }}}}
{{- end }}
{{- end }}

{{- /* A step of the clerk, who speaks to GitHub, SonarQube and Tekton. Its image comes
     from main, so a pull request cannot change what it does; no other step has its
     secrets. Call with root, name and args, and with alone where no step clones. */}}
{{- define "pipeline.clerk" -}}
- name: {{ .name }}
  image: {{ required "images.clerk: run task pipeline:publish" .root.Values.images.clerk }}
  args: {{ toJson .args }}
  env:
    - {name: GITHUB_API, value: {{ .root.Values.repository.api | quote }}}
    - {name: REPOSITORY, value: {{ .root.Values.repository.name | quote }}}
    - {name: MAIN, value: {{ .root.Values.repository.main | quote }}}
    - {name: NAMESPACE, value: {{ .root.Release.Namespace | quote }}}
    - {name: RUN, value: $(params.run)}
    - {name: COMMIT, value: $(params.commit)}
    - {name: RUN_LINK, value: {{ required "links.run" .root.Values.links.run | quote }}}
    - name: GITHUB_TOKEN
      {{- include "pipeline.fromSecret" (dict "root" .root "key" "github-token") | nindent 6 }}
    {{- if get . "sonar" }}
    - {name: SONAR_HOST_URL, value: {{ required "sonar.url" .root.Values.sonar.url | quote }}}
    - name: SONAR_TOKEN
      {{- include "pipeline.fromSecret" (dict "root" .root "key" "sonar-token") | nindent 6 }}
    {{- end }}
  {{- if get . "alone" }}
  computeResources: {requests: {{ toJson .root.Values.requests.clerk }}}
  {{- end }}
{{- end }}

{{- /* The exact commit, nothing newer. Go keeps a test's result while the files and folders
     that it looked at have the same size and time: here the time follows from what is in
     them (git's hash), so the same content is found again and any other is not. Not
     that of the topmost folder, which is root's: what looks at it is tested each time.

     Kubernetes reserves the sum of a pod's containers, and steps run one after another: this
     one asks for what the greatest of them needs, and the others for nothing. */}}
{{- define "pipeline.clone" -}}
- name: clone
  image: {{ required "images.go" .root.Values.images.go }}
  workingDir: $(workspaces.source.path)
  env:
    - {name: COMMIT, value: $(params.commit)}
    - {name: URL, value: {{ include "pipeline.repositoryURL" .root | quote }}}
  computeResources: {requests: {{ toJson .root.Values.requests.build }}}
  script: |
    #!/bin/sh
    set -eu
    git init -q .
    for attempt in 1 2 3; do
      git fetch -q {{ if not (get . "history") }}--depth 1 {{ end }}"$URL" "$COMMIT" && break
      test "$attempt" -lt 3
      sleep 5
    done
    git -c advice.detachedHead=false checkout -q "$COMMIT"
    test "$(git rev-parse HEAD)" = "$COMMIT"
    git -c core.quotePath=false ls-tree -r -t --format='%(objectname) %(path)' HEAD | while read -r hash path; do
      touch -h -d "@$((1000000000 + 0x$(echo "$hash" | cut -c 1-7)))" "$path"
    done
{{- end }}

{{- /* What builds need. Nothing of it is a secret. */}}
{{- define "pipeline.buildTemplate" -}}
image: {{ required "images.go" .Values.images.go }}
workingDir: $(workspaces.source.path)
env:
  - {name: HOME, value: /tmp}
  # An emptyDir is root's, which git would not trust: this one is known.
  - {name: GIT_CONFIG_COUNT, value: "1"}
  - {name: GIT_CONFIG_KEY_0, value: safe.directory}
  - {name: GIT_CONFIG_VALUE_0, value: $(workspaces.source.path)}
  - {name: GOMODCACHE, value: $(workspaces.cache.path)/mod}
  - {name: GOCACHE, value: $(workspaces.cache.path)/build}
  - {name: GOLANGCI_LINT_CACHE, value: $(workspaces.cache.path)/lint}
  - {name: npm_config_cache, value: $(workspaces.cache.path)/npm}
  - {name: npm_config_prefer_offline, value: "true"}
  - {name: GOPROXY, value: {{ .Values.go.proxy | quote }}}
  - {name: GOSUMDB, value: {{ .Values.go.sumdb | quote }}}
  - {name: GOMAXPROCS, value: {{ .Values.go.parallel | quote }}}
  - {name: GOTOOLCHAIN, value: local}
  - {name: GOFLAGS, value: -buildvcs=false}
  - {name: CGO_ENABLED, value: "0"}
  - {name: CI, value: "true"}
volumeMounts:
  - {name: log, mountPath: /workspace/log}
securityContext:
  {{- include "pipeline.containerSecurity" . | nindent 2 }}
{{- end }}

{{- /* One documented command. It may fail: the next step says so to GitHub and fails the
     stage. Call with root, name and run; env adds to the environment. */}}
{{- define "pipeline.command" -}}
- name: {{ .name }}
  onError: continue
  {{- with get . "env" }}
  env:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with get . "mounts" }}
  volumeMounts:
    {{- . | nindent 4 }}
  {{- end }}
  script: |
    #!/bin/bash
    set -euo pipefail
    task() { go tool -modfile=tools.mod task "$@"; }
    {
    {{- .run | nindent 6 }}
    } 2>&1 | tee /workspace/log/{{ .name }}.log
{{- end }}

{{- /* Call with release where the folder has what task ship did: other stages run code that
     could write it. */}}
{{- define "pipeline.report" -}}
{{- $args := list "report" (printf "-stage=%s" .stage) "-log=/workspace/log" }}
{{- if get . "release" }}
{{- $args = append $args "-release" }}
{{- end }}
{{- range .commands }}
{{- $args = append $args (printf "-command=%s=$(steps.step-%s.exitCode.path)" . .) }}
{{- end }}
{{- include "pipeline.clerk" (dict "root" .root "name" "report" "args" $args) }}
{{- end }}

{{- define "pipeline.announce" -}}
{{- include "pipeline.clerk" (dict "root" .root "name" "announce" "args" (list "announce" (printf "-stage=%s" .stage))) }}
{{- end }}
