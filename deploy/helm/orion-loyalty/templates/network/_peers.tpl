{{- /* Peers of networks; takes a list of CIDRs. */ -}}
{{- define "loyalty.cidrs" -}}
{{- range . }}
- ipBlock: { cidr: {{ . | quote }} }
{{- end }}
{{- end }}

{{- /* The internet: every address but the private ones; takes the root. A NetworkPolicy knows no host names. */ -}}
{{- define "loyalty.internet" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    {{- with .Values.networkPolicy.privateCidrs }}
    except: {{- toYaml . | nindent 6 }}
    {{- end }}
- ipBlock:
    cidr: ::/0
    {{- with .Values.networkPolicy.privateCidrsV6 }}
    except: {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}

{{- /* The components whose pods call Google or Apple, as a list in JSON; takes the root. */ -}}
{{- define "loyalty.callers" -}}
{{- $callers := list }}
{{- if or .Values.google.liveSecret .Values.apple.liveSecret }}
{{- $callers = list "api" "sync-wallets" }}
{{- end }}
{{- if .Values.networkPolicy.onlineVerification }}
{{- $callers = append $callers "controller" }}
{{- end }}
{{- toJson $callers }}
{{- end }}
