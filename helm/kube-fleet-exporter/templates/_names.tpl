{{- define "kube-fleet-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "kube-fleet-exporter.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- /* 52 characters, so that the suffixes of ours fit into 63 */ -}}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "kube-fleet-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "kube-fleet-exporter.serviceAccountName" -}}
{{- $own := .Values.serviceAccount.create | ternary (include "kube-fleet-exporter.fullname" .) "default" -}}
{{- default $own .Values.serviceAccount.name -}}
{{- end -}}

{{- define "kube-fleet-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "kube-fleet-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* A mapping: what comes later overrides. */ -}}
{{- define "kube-fleet-exporter.labels" -}}
{{- $labels := include "kube-fleet-exporter.ownLabels" . | fromYaml -}}
{{- mergeOverwrite $labels .Values.commonLabels | toYaml -}}
{{- end -}}

{{- define "kube-fleet-exporter.ownLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "kube-fleet-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: metrics
app.kubernetes.io/part-of: kube-fleet-exporter
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* name, namespace, labels and annotations: (dict "root" $ "suffix" "-x" "of" .Values.x) */ -}}
{{- define "kube-fleet-exporter.metadata" -}}
name: {{ include "kube-fleet-exporter.fullname" .root }}{{ .suffix }}
namespace: {{ default (include "kube-fleet-exporter.namespace" .root) .of.namespace }}
labels:
  {{- $labels := include "kube-fleet-exporter.labels" .root | fromYaml }}
  {{- mergeOverwrite $labels (default dict .of.labels) | toYaml | nindent 2 }}
{{- with .of.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "kube-fleet-exporter.image" -}}
{{- $image := .Values.image -}}
{{- with default $image.registry .Values.global.imageRegistry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest -}}
@{{ $image.digest }}
{{- else -}}
:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- /* The host by which Prometheus reaches the Service. */ -}}
{{- define "kube-fleet-exporter.host" -}}
{{ include "kube-fleet-exporter.fullname" . }}.{{ include "kube-fleet-exporter.namespace" . }}.svc
{{- end -}}
