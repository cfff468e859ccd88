/** Values with which the chart renders everything that it can, but Cilium's policy. */
export const everything = {
  image: { digest: `sha256:${'0'.repeat(64)}`, pullSecrets: ['registry'] },
  database: { existingSecret: 'loyalty-app', key: 'uri' },
  google: { liveSecret: 'google-live' },
  apple: { liveSecret: 'apple-live' },
  log: { level: 'debug' },
  controller: { watchNamespaces: ['loyalty', 'default'], ...podValues() },
  api: {
    publicUrl: 'https://loyalty.example.com',
    corsAllowedOrigins: ['https://shop.example.com'],
    adminKey: { existingSecret: 'loyalty-admin-key' },
    console: { walletCredentials: true },
    passTokenKey: { existingSecret: 'loyalty-pass-token-key' },
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt' },
      hosts: ['loyalty.example.com'],
      tls: [{ secretName: 'loyalty-tls', hosts: ['loyalty.example.com'] }],
    },
    autoscaling: { enabled: true },
    service: { annotations: { note: 'text' } },
    ...podValues(),
  },
  jobs: {
    ...podValues('extraEnv'),
    expirePoints: { parallelism: 4, extraEnv: [{ name: 'LOG_FORMAT', value: 'json' }] },
  },
  networkPolicy: {
    onlineVerification: true,
    database: { cidrs: ['10.1.2.0/24'], port: 6432 },
    ingress: { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }] },
    metrics: { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }] },
  },
  monitoring: {
    serviceMonitors: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
    prometheusRule: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
    dashboards: { enabled: true, labels: { folder: 'loyalty' } },
  },
};

function podValues(without?: 'extraEnv'): object {
  return {
    ...(without !== 'extraEnv' && { extraEnv: [{ name: 'LOG_FORMAT', value: 'json' }] }),
    serviceAccountAnnotations: { note: 'text' },
    podAnnotations: { note: 'text' },
    podLabels: { team: 'loyalty' },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'loyalty', effect: 'NoSchedule' }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] }] }],
        },
      },
    },
    priorityClassName: 'system-cluster-critical',
  };
}
