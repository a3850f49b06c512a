{{- define "kube-fleet-exporter.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.customResourceState -}}
{{- $file := "/etc/kube-fleet-exporter/custom-resource-state.yaml" -}}
{{- $config = mustMergeOverwrite $config (dict "collect" (dict "custom_resource_state_config_file" $file)) -}}
{{- end -}}
{{- if and .Values.authFilter.enabled (not (dig "web" "kubernetes_authorization" false $config)) -}}
{{- $config = mustMergeOverwrite $config (dict "web" (dict "kubernetes_authorization" true)) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* What the files of the ConfigMap hold. */ -}}
{{- define "kube-fleet-exporter.files" -}}
config.yaml: |
  {{- include "kube-fleet-exporter.config" . | nindent 2 }}
{{- with .Values.customResourceState }}
custom-resource-state.yaml: |
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "kube-fleet-exporter.port" -}}
{{- $listen := dig "web" "listen" ":8080" .Values.config -}}
{{- required (printf "config.web.listen: %q has no port" $listen) (regexFind "[0-9]+$" $listen) -}}
{{- end -}}

{{- define "kube-fleet-exporter.telemetryPort" -}}
{{- $listen := dig "telemetry" "listen" ":8081" .Values.config -}}
{{- required (printf "config.telemetry.listen: %q has no port" $listen) (regexFind "[0-9]+$" $listen) -}}
{{- end -}}

{{- /* What cannot work, in words. Schemas cannot say it. */ -}}
{{- define "kube-fleet-exporter.check" -}}
{{- $collect := default dict .Values.config.collect -}}
{{- if and $collect.metric_allowlist $collect.metric_denylist -}}
{{- fail "config.collect: metric_allowlist and metric_denylist exclude each other" -}}
{{- end -}}
{{- if and .Values.customResourceState $collect.custom_resource_state_config_file -}}
{{- fail "customResourceState and config.collect.custom_resource_state_config_file exclude each other" -}}
{{- end -}}
{{- if and $collect.node $collect.track_unscheduled_pods -}}
{{- fail "config.collect: node and track_unscheduled_pods exclude each other" -}}
{{- end -}}
{{- $account := .Values.serviceAccount -}}
{{- if and .Values.rbac.create (not $account.create) (not $account.name) -}}
{{- fail "serviceAccount.name: name the one that exists, or rbac would bind the namespace's default one" -}}
{{- end -}}
{{- end -}}
