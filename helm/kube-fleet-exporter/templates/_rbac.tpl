{{- define "kube-fleet-exporter.permissions" -}}
{{ .Files.Get "files/permissions.yaml" }}
{{- end -}}

{{- /* Whether this cluster's objects are read: "true" or nothing. */ -}}
{{- define "kube-fleet-exporter.readsOwnCluster" -}}
{{- $said := .Values.rbac.ownCluster -}}
{{- $found := or .Values.member.enabled (empty .Values.config.discovery) -}}
{{- range .Values.config.discovery -}}
{{- $found = or $found (eq .provider "in-cluster") -}}
{{- end -}}
{{- if eq (toString $said) "auto" -}}{{- $found | ternary "true" "" -}}
{{- else -}}{{- $said | ternary "true" "" -}}
{{- end -}}
{{- end -}}

{{- /* Those of `config.clusters` that may concern this cluster, as a JSON list. */ -}}
{{- define "kube-fleet-exporter.overrides" -}}
{{- $unknown := or .Values.member.enabled (eq (toString .Values.rbac.ownCluster) "true") -}}
{{- $names := empty .Values.config.discovery | ternary (list "in-cluster") list -}}
{{- range .Values.config.discovery -}}
{{- if eq .provider "in-cluster" -}}{{- $names = append $names (default "in-cluster" .name) -}}{{- end -}}
{{- end -}}
{{- $found := list -}}
{{- range $pattern, $override := .Values.config.clusters -}}
{{- $concerns := or $unknown (contains "[" $pattern) -}}
{{- $regex := regexQuoteMeta $pattern | replace "\\*" ".*" | replace "\\?" "." -}}
{{- range $names -}}{{- $concerns = or $concerns (regexMatch (printf "^%s$" $regex) .) -}}{{- end -}}
{{- if $concerns -}}{{- $found = append $found $override -}}{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- /* The resources that this cluster may be asked for, as a JSON list. */ -}}
{{- define "kube-fleet-exporter.resources" -}}
{{- $permissions := include "kube-fleet-exporter.permissions" . | fromYaml -}}
{{- $collect := default dict .Values.config.collect -}}
{{- $names := $permissions.default -}}
{{- if hasKey $collect "resources" -}}
{{- $names = $collect.resources -}}
{{- if kindIs "map" $names -}}{{- $names = keys $names -}}{{- end -}}
{{- end -}}
{{- range include "kube-fleet-exporter.overrides" . | fromJsonArray -}}
{{- $names = concat $names (dig "collect" "resources" list .) -}}
{{- end -}}
{{- if $collect.custom_resources_only -}}{{- $names = list -}}{{- end -}}
{{- $names | uniq | sortAlpha | toJson -}}
{{- end -}}

{{- /* The namespaces that `collect` is confined to, as a JSON list; none if any cluster's differ. */ -}}
{{- define "kube-fleet-exporter.namespaces" -}}
{{- $collect := default dict .Values.config.collect -}}
{{- $denied := default list $collect.namespaces_denylist -}}
{{- $found := list -}}
{{- range $collect.namespaces -}}
{{- if not (has . $denied) -}}{{- $found = append $found . -}}{{- end -}}
{{- end -}}
{{- range include "kube-fleet-exporter.overrides" . | fromJsonArray -}}
{{- if hasKey (default dict .collect) "namespaces" -}}{{- $found = list -}}{{- end -}}
{{- if hasKey (default dict .collect) "namespaces_denylist" -}}{{- $found = list -}}{{- end -}}
{{- end -}}
{{- $found | uniq | sortAlpha | toJson -}}
{{- end -}}

{{- /* What is read, as a JSON list of {group, resource, namespaced, verbs}. */ -}}
{{- define "kube-fleet-exporter.reads" -}}
{{- $permissions := include "kube-fleet-exporter.permissions" . | fromYaml -}}
{{- $polled := dig "collect" "poll" "resources" list .Values.config -}}
{{- $reads := list -}}
{{- range include "kube-fleet-exporter.resources" . | fromJsonArray -}}
{{- $one := get $permissions.resources . -}}
{{- $verbs := has . $polled | ternary "list" "list watch" -}}
{{- $reads = append $reads (dict "group" $one.group "resource" . "namespaced" $one.namespaced "verbs" $verbs) -}}
{{- end -}}
{{- if ne (dig "events" "enabled" true .Values.config) false -}}
{{- range $permissions.events -}}
{{- $reads = append $reads (dict "group" .group "resource" .resource "namespaced" true "verbs" "list watch") -}}
{{- end -}}
{{- end -}}
{{- with .Values.customResourceState -}}
{{- $definitions := $permissions.definitions -}}
{{- $reads = append $reads (dict "group" $definitions.group "resource" $definitions.resource "namespaced" false "verbs" "list watch") -}}
{{- range dig "spec" "resources" list . -}}
{{- $what := required "customResourceState.spec.resources: groupVersionKind is missing" .groupVersionKind -}}
{{- $plural := default (include "kube-fleet-exporter.plural" $what.kind) .resourcePlural -}}
{{- $reads = append $reads (dict "group" (default "" $what.group) "resource" $plural "namespaced" true "verbs" "list watch") -}}
{{- end -}}
{{- end -}}
{{- toJson $reads -}}
{{- end -}}

{{- /* As Kubernetes guesses it (apimachinery, UnsafeGuessKindToResource). */ -}}
{{- define "kube-fleet-exporter.plural" -}}
{{- $name := lower . -}}
{{- if eq $name "*" -}}*
{{- else if hasSuffix "s" $name -}}{{ $name }}es
{{- else if hasSuffix "y" $name -}}{{ trimSuffix "y" $name }}ies
{{- else -}}{{ $name }}s
{{- end -}}
{{- end -}}

{{- /* Rules for a list of {group, resource, verbs, name}, one for each group, verbs and name. */ -}}
{{- define "kube-fleet-exporter.rules" -}}
{{- $rules := dict -}}
{{- range . -}}
{{- $key := list .group .verbs (default "" .name) | join "/" -}}
{{- $_ := set $rules $key (append (get $rules $key | default list) .resource) -}}
{{- end -}}
{{- range $key, $resources := $rules }}
{{- $parts := splitList "/" $key }}
- apiGroups: [{{ index $parts 0 | quote }}]
  resources: {{ $resources | uniq | sortAlpha | toJson }}
  {{- with index $parts 2 }}
  resourceNames: [{{ . | quote }}]
  {{- end }}
  verbs: {{ index $parts 1 | splitList " " | toJson }}
{{- end -}}
{{- end -}}

{{- /*
What the sources of clusters that are in this cluster take, as JSON: {"": […], "namespace": […]}
*/ -}}
{{- define "kube-fleet-exporter.hubs" -}}
{{- $permissions := include "kube-fleet-exporter.permissions" . | fromYaml -}}
{{- $places := dict -}}
{{- range $source := .Values.member.enabled | ternary list .Values.config.discovery -}}
{{- $hub := get $permissions.hubs $source.provider -}}
{{- if and $hub (not $source.kubeconfig) (not $source.context) -}}
{{- $said := merge (deepCopy $source) $hub.defaults -}}
{{- range $read := $hub.reads -}}
{{- $wanted := true -}}
{{- with get $read "if" -}}{{- $wanted = get $said . | empty | not -}}{{- end -}}
{{- with $read.name -}}{{- $wanted = and $wanted (get $said . | empty | not) -}}{{- end -}}
{{- range $field, $values := $read.when -}}{{- $wanted = and $wanted (has (get $said $field) $values) -}}{{- end -}}
{{- if $wanted -}}
{{- $place := "" -}}
{{- with $read.namespace -}}{{- $place = get $said . -}}{{- end -}}
{{- $one := dict "group" $read.group "resource" $read.resource "verbs" "list watch" -}}
{{- with $read.name -}}{{- $_ := set $one "name" (get $said .) -}}{{- end -}}
{{- $_ := set $places $place (append (get $places $place | default list) $one) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $places -}}
{{- end -}}

{{- /* Whether this cluster's API server is asked who scrapes: "true" or nothing. */ -}}
{{- define "kube-fleet-exporter.authFilter" -}}
{{- $said := dig "web" "kubernetes_authorization" false .Values.config -}}
{{- $elsewhere := false -}}
{{- if kindIs "map" $said -}}{{- $elsewhere = or $said.kubeconfig $said.context -}}{{- end -}}
{{- if and (or .Values.authFilter.enabled (kindIs "map" $said) $said) (not $elsewhere) (not .Values.member.enabled) -}}true{{- end -}}
{{- end -}}

{{- /* Whether this cluster's API server is asked for anything: "true" or nothing. */ -}}
{{- define "kube-fleet-exporter.asksOwnCluster" -}}
{{- $hubs := include "kube-fleet-exporter.hubs" . | fromJson -}}
{{- if or (include "kube-fleet-exporter.readsOwnCluster" .) $hubs (include "kube-fleet-exporter.authFilter" .) -}}true{{- end -}}
{{- end -}}

{{- define "kube-fleet-exporter.automount" -}}
{{- $said := .Values.serviceAccount.automount -}}
{{- if eq (toString $said) "auto" -}}
{{- include "kube-fleet-exporter.asksOwnCluster" . | empty | not -}}
{{- else -}}{{- $said -}}
{{- end -}}
{{- end -}}

{{- /*
A role and its binding: (dict "root" $ "suffix" "-x" "namespace" "y" "rules" "…" "about" "why").
Without a namespace it is for the whole cluster.
*/ -}}
{{- define "kube-fleet-exporter.role" -}}
{{- $scope := "Cluster" -}}
{{- if .namespace }}{{- $scope = "" -}}{{- end -}}
{{- $name := printf "%s%s" (include "kube-fleet-exporter.fullname" .root) .suffix }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $scope }}Role
metadata:
  name: {{ $name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "kube-fleet-exporter.labels" .root | nindent 4 }}
  annotations:
    description: {{ .about | quote }}
rules:
  {{- .rules | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $scope }}RoleBinding
metadata:
  name: {{ $name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "kube-fleet-exporter.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $scope }}Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "kube-fleet-exporter.serviceAccountName" .root }}
    namespace: {{ include "kube-fleet-exporter.namespace" .root }}
{{- end -}}
