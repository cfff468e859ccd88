{{- /*
  A CronJob; takes (dict "root" $ "component" NAME "job" VALUES "partial" WHAT-10-MEANS "env" TEXT "wallets" BOOLEAN).
  The rules of podFailurePolicy, in order, are those that every job of ours has.
*/ -}}
{{- define "loyalty.cronJob" -}}
{{- $values := .root.Values }}
{{- $indexed := gt (int .job.parallelism) 1 }}
{{- $settings := dict "root" .root "pod" $values.jobs }}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "loyalty.labels" . | nindent 4 }}
spec:
  # {{ .when }}
  schedule: {{ .job.schedule | squote }}
  timeZone: {{ $values.jobs.timeZone }}
  {{- if or $values.jobs.suspend .job.suspend }}
  suspend: true
  {{- end }}
  # Two at once would be harmless, and the second of no use.
  concurrencyPolicy: Forbid
  # What could not start in time (no control plane) still starts within this.
  startingDeadlineSeconds: {{ int64 .job.startingDeadlineSeconds }}
  successfulJobsHistoryLimit: {{ .job.successfulJobsHistoryLimit }}
  failedJobsHistoryLimit: {{ .job.failedJobsHistoryLimit }}
  jobTemplate:
    metadata:
      labels: {{- include "loyalty.podLabels" . | nindent 8 }}
    spec:
      {{- if $indexed }}
      # The pods claim from one list, and nothing is done twice.
      completionMode: Indexed
      completions: {{ .job.parallelism }}
      parallelism: {{ .job.parallelism }}
      # Each pod has its own tries in place of the Job's.
      backoffLimitPerIndex: {{ .job.backoffLimit }}
      {{- else }}
      # A try goes on where the one before ended; the pauses grow from 10 s to some minutes.
      backoffLimit: {{ .job.backoffLimit }}
      {{- end }}
      # With Forbid, one pod that hangs would mean no run ever again.
      activeDeadlineSeconds: {{ int64 .job.activeDeadlineSeconds }}
      ttlSecondsAfterFinished: {{ int64 .job.ttlSecondsAfterFinished }}
      podFailurePolicy:
        rules:
          # A drained node is nobody's failure.
          - action: Ignore
            onPodConditions:
              - type: DisruptionTarget
                status: 'True'
          {{- if $indexed }}
          # Exit code 10 ({{ .partial }}): the other pods go on.
          - action: FailIndex
            onExitCodes:
              containerName: {{ .component }}
              operator: In
              values: [10]
          # A retry would not help: usage; configuration.
          - action: FailJob
            onExitCodes:
              containerName: {{ .component }}
              operator: In
              values: [64, 78]
          {{- else }}
          # A retry would not help: {{ .partial }}; usage; configuration.
          - action: FailJob
            onExitCodes:
              containerName: {{ .component }}
              operator: In
              values: [10, 64, 78]
          {{- end }}
      template:
        metadata:
          labels:
            {{- include "loyalty.podLabels" . | nindent 12 }}
            {{- with $values.jobs.podLabels }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          annotations:
            kubectl.kubernetes.io/default-container: {{ .component }}
            {{- with $values.jobs.podAnnotations }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
        spec:
          restartPolicy: Never
          serviceAccountName: loyalty-jobs
          automountServiceAccountToken: false
          # On SIGTERM the batch at hand is finished, within 5 s.
          terminationGracePeriodSeconds: 30
          {{- include "loyalty.podSettings" $settings | nindent 10 }}
          containers:
            - name: {{ .component }}
              image: {{ include "loyalty.image" .root }}
              imagePullPolicy: {{ $values.image.pullPolicy }}
              args: [{{ .component }}]
              # `loyalty config {{ .component }}` prints every setting with its default.
              env:
                {{- include "loyalty.databaseUrl" .root | nindent 16 }}
                # Pods of one Job work on one run, and one that is tried again goes on with it.
                - name: RUN_UID
                  valueFrom:
                    fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" }
                - name: RUN_NAME
                  valueFrom:
                    fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" }
                {{- with include "loyalty.logLevel" .root }}
                {{- . | nindent 16 }}
                {{- end }}
                {{- with .env }}
                {{- . | nindent 16 }}
                {{- end }}
                {{- if .wallets }}
                {{- include "loyalty.credentialFolders" .root | trim | nindent 16 }}
                {{- end }}
                {{- with .job.extraEnv }}
                {{- toYaml . | nindent 16 }}
                {{- end }}
              terminationMessagePolicy: FallbackToLogsOnError
              {{- with .job.resources }}
              resources: {{- toYaml . | nindent 16 }}
              {{- end }}
              {{- include "loyalty.containerSecurity" .root | nindent 14 }}
              {{- if .wallets }}
              volumeMounts: {{- include "loyalty.credentialMounts" .root | trim | nindent 16 }}
              {{- end }}
          {{- if .wallets }}
          # Mounted as folders, never by subPath: so a rotation reaches the process without a restart.
          volumes: {{- include "loyalty.credentialVolumes" .root | trim | nindent 12 }}
          {{- end }}
{{- end }}
