{{- /* Takes (dict "root" $ "component" NAME). Not release-dependent: see docs/decisions. */ -}}
{{- define "loyalty.selector" -}}
app.kubernetes.io/name: orion-loyalty
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "loyalty.podLabels" -}}
{{ include "loyalty.selector" . }}
app.kubernetes.io/part-of: orion-loyalty
app.kubernetes.io/version: {{ .root.Chart.AppVersion }}
{{- end }}

{{- define "loyalty.labels" -}}
{{ include "loyalty.podLabels" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") }}
{{- end }}

{{- define "loyalty.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* Everything of a pod but its containers, volumes and account; takes (dict "root" $ "pod" VALUES). */ -}}
{{- define "loyalty.podSettings" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .pod.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "loyalty.spread" -}}
topologySpreadConstraints:
  - topologyKey: kubernetes.io/hostname
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "loyalty.selector" . | nindent 8 }}
  - topologyKey: topology.kubernetes.io/zone
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "loyalty.selector" . | nindent 8 }}
{{- end }}

{{- define "loyalty.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "loyalty.databaseUrl" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: { name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.key }} }
{{- end }}

{{- define "loyalty.logLevel" -}}
{{- if ne .Values.log.level "info" -}}
- name: LOG_LEVEL
  value: {{ .Values.log.level }}
{{- end }}
{{- end }}

{{- define "loyalty.credentialFolders" -}}
{{- if .Values.google.liveSecret }}
- name: GOOGLE_CREDENTIAL_DIR
  value: /var/run/loyalty/google
{{- end }}
{{- if .Values.apple.liveSecret }}
- name: APPLE_CREDENTIAL_DIR
  value: /var/run/loyalty/apple
{{- end }}
{{- end }}

{{- define "loyalty.credentialMounts" -}}
{{- if .Values.google.liveSecret }}
- name: google
  mountPath: /var/run/loyalty/google
  readOnly: true
{{- end }}
{{- if .Values.apple.liveSecret }}
- name: apple
  mountPath: /var/run/loyalty/apple
  readOnly: true
{{- end }}
{{- end }}

{{- define "loyalty.credentialVolumes" -}}
{{- with .Values.google.liveSecret }}
- name: google
  secret: { secretName: {{ . }}, optional: true }
{{- end }}
{{- with .Values.apple.liveSecret }}
- name: apple
  secret: { secretName: {{ . }}, optional: true }
{{- end }}
{{- end }}

{{- /* A ServiceAccount whose pods ask for a token themselves where they need one; takes (dict "root" $ "component" NAME "annotations" MAP). */ -}}
{{- define "loyalty.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: loyalty-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "loyalty.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
