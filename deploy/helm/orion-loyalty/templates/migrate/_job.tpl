{{- /* What both Jobs that migrate do; takes the root. */ -}}
{{- define "loyalty.migrateSpec" -}}
{{- $migrate := dict "root" . "component" "migrate" "pod" .Values.jobs }}
# Each try waits for a database that is away or busy; ten are about an hour.
backoffLimit: {{ .Values.migrate.backoffLimit }}
activeDeadlineSeconds: {{ int64 .Values.migrate.activeDeadlineSeconds }}
ttlSecondsAfterFinished: {{ int64 .Values.migrate.ttlSecondsAfterFinished }}
podFailurePolicy:
  rules:
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: 'True'
    # A retry would not help: usage, a migration that failed and was rolled back, configuration.
    - action: FailJob
      onExitCodes:
        containerName: migrate
        operator: In
        values: [64, 70, 78]
template:
  metadata:
    labels:
      {{- include "loyalty.podLabels" $migrate | nindent 6 }}
      {{- with .Values.jobs.podLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .Values.jobs.podAnnotations }}
    annotations: {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    restartPolicy: Never
    serviceAccountName: loyalty-migrate
    automountServiceAccountToken: false
    {{- include "loyalty.podSettings" $migrate | nindent 4 }}
    containers:
      - name: migrate
        image: {{ include "loyalty.image" . }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        args: [migrate]
        env: {{- include "loyalty.databaseUrl" . | nindent 10 }}
        terminationMessagePolicy: FallbackToLogsOnError
        {{- with .Values.migrate.resources }}
        resources: {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- include "loyalty.containerSecurity" . | nindent 8 }}
{{- end }}
