{{- define "lps.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "lps.selector" -}}
app.kubernetes.io/name: lps
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lps.labels" -}}
{{ include "lps.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* An image by its digest when there is one: dict "image" … "root" $ */ -}}
{{- define "lps.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "lps.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "lps.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* What every pod says of where it runs. */ -}}
{{- define "lps.placement" -}}
serviceAccountName: {{ include "lps.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Spread over machines: dict "component" "web" "root" $ */ -}}
{{- define "lps.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "lps.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "lps.fromSecret" -}}
valueFrom: {secretKeyRef: {name: {{ .name }}, key: {{ .key }}}}
{{- end }}

{{- /* Every variable of a process of the product. */ -}}
{{- define "lps.env" -}}
{{- $secret := .Values.secretName -}}
- name: LPS_SECRET_KEY
  {{- include "lps.fromSecret" (dict "name" $secret "key" "secret-key") | nindent 2 }}
- name: LPS_APP_KEYS
  {{- include "lps.fromSecret" (dict "name" $secret "key" "app-keys") | nindent 2 }}
- name: EMAIL_URL
  {{- include "lps.fromSecret" (dict "name" $secret "key" "email-url") | nindent 2 }}
- name: VALKEY_PASSWORD
  {{- include "lps.fromSecret" (dict "name" $secret "key" "valkey-password") | nindent 2 }}
- name: REDIS_URL
  value: redis://:$(VALKEY_PASSWORD)@{{ include "lps.name" . }}-valkey:6379/0
{{- if eq .Values.database.mode "external" }}
- name: DATABASE_URL
  {{- include "lps.fromSecret" (dict "name" $secret "key" "database-url") | nindent 2 }}
{{- else if .Values.database.pooler.enabled }}
- name: DATABASE_PASSWORD
  {{- include "lps.fromSecret" (dict "name" (printf "%s-database-app" (include "lps.name" .)) "key" "password") | nindent 2 }}
- name: DATABASE_URL
  value: postgresql://lps:$(DATABASE_PASSWORD)@{{ include "lps.name" . }}-pooler:5432/lps
- name: LPS_POOLED_DATABASE
  value: "1"
{{- else }}
- name: DATABASE_URL
  {{- include "lps.fromSecret" (dict "name" (printf "%s-database-app" (include "lps.name" .)) "key" "uri") | nindent 2 }}
{{- end }}
- name: LPS_BASE_DOMAINS
  value: {{ required "domain: the domain under which the towns answer" .Values.domain | quote }}
- name: LPS_REDIRECTED_DOMAINS
  value: {{ join "," .Values.redirectedDomains | quote }}
- name: LPS_TRUSTED_PROXIES
  value: {{ join "," .Values.ingress.trustedProxies | quote }}
- name: LPS_API_CALLS_PER_MINUTE
  value: {{ .Values.settings.apiCallsPerMinute | quote }}
- name: LPS_LOGS
  value: {{ .Values.settings.logs | quote }}
{{- range $name, $value := dict "PAYFIP_URL" .Values.settings.payfipUrl "OVH_URL" .Values.settings.ovhUrl "BREVO_URL" .Values.settings.brevoUrl }}
{{- with $value }}
- name: {{ $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.files.s3 }}
{{- if .endpoint }}
- name: S3_ENDPOINT_URL
  value: {{ .endpoint | quote }}
- name: S3_BUCKET
  value: {{ required "files.s3.bucket" .bucket | quote }}
- name: S3_REGION
  value: {{ .region | quote }}
- name: AWS_ACCESS_KEY_ID
  {{- include "lps.fromSecret" (dict "name" $secret "key" "s3-access-key") | nindent 2 }}
- name: AWS_SECRET_ACCESS_KEY
  {{- include "lps.fromSecret" (dict "name" $secret "key" "s3-secret-key") | nindent 2 }}
{{- end }}
{{- end }}
- name: LPS_VOICE_ENGINE
  value: {{ ternary "kokoro" "espeak" .Values.speech.enabled }}
- name: LPS_METRICS_PORT
  value: "9109"
- name: LPS_METRICS_HOST
  value: 0.0.0.0
{{- range $name, $value := .Values.extraEnv }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "lps.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: data, mountPath: /var/lib/lps}
{{- end }}

{{- /* dict "root" $ "scratch" "20Gi" */ -}}
{{- define "lps.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .scratch | default "2Gi" }}}
- name: data
  {{- if .root.Values.files.s3.endpoint }}
  emptyDir: {sizeLimit: 2Gi}
  {{- else }}
  persistentVolumeClaim: {claimName: {{ include "lps.name" .root }}-files}
  {{- end }}
{{- end }}

{{- /* A process that answers no request shows that it lives by the age of a file; five minutes without is too long. */ -}}
{{- define "lps.aliveProbes" -}}
startupProbe:
  exec: {command: [sh, -c, test -e "$LPS_ALIVE_FILE"]}
  periodSeconds: 5
  failureThreshold: 36
livenessProbe:
  exec: {command: [sh, -c, find "$LPS_ALIVE_FILE" -mmin -5 | grep -q .]}
  periodSeconds: 60
  timeoutSeconds: 10
  failureThreshold: 2
readinessProbe:
  exec: {command: [sh, -c, find "$LPS_ALIVE_FILE" -mmin -5 | grep -q .]}
  periodSeconds: 30
  timeoutSeconds: 10
{{- end }}
