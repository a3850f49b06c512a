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

{{- /* The resources that any cluster is asked for, as a JSON list; as `collect` and `clusters` say. */ -}}
{{- define "kube-fleet-exporter.resources" -}}
{{- $permissions := include "kube-fleet-exporter.permissions" . | fromYaml -}}
{{- $collect := default dict .Values.config.collect -}}
{{- $names := $permissions.default -}}
{{- if hasKey $collect "resources" -}}
{{- $names = $collect.resources -}}
{{- if kindIs "map" $names -}}{{- $names = keys $names -}}{{- end -}}
{{- end -}}
{{- range .Values.config.clusters -}}
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
{{- range .Values.config.clusters -}}
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

{{- /* Rules for a list of {group, resource, verbs}, one for each group and its verbs. */ -}}
{{- define "kube-fleet-exporter.rules" -}}
{{- $rules := dict -}}
{{- range . -}}
{{- $key := printf "%s/%s" .group .verbs -}}
{{- $_ := set $rules $key (append (get $rules $key | default list) .resource) -}}
{{- end -}}
{{- range $key, $resources := $rules }}
- apiGroups: [{{ regexReplaceAll "/[^/]*$" $key "" | quote }}]
  resources: {{ $resources | uniq | sortAlpha | toJson }}
  verbs: {{ regexFind "[^/]*$" $key | splitList " " | toJson }}
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
{{- $namespace := hasKey $source "namespace" | ternary $source.namespace $hub.namespace -}}
{{- range $hub.reads -}}
{{- $place := .namespaced | ternary $namespace "" -}}
{{- $one := dict "group" .group "resource" .resource "verbs" "list watch" -}}
{{- $_ := set $places $place (append (get $places $place | default list) $one) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $places -}}
{{- end -}}

{{- /* Whether this cluster's API server is asked for anything: "true" or nothing. */ -}}
{{- define "kube-fleet-exporter.asksOwnCluster" -}}
{{- $hubs := include "kube-fleet-exporter.hubs" . | fromJson -}}
{{- if or (include "kube-fleet-exporter.readsOwnCluster" .) $hubs .Values.authFilter.enabled -}}true{{- end -}}
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
