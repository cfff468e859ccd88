/** What every object has. Instants are RFC 3339, as they come over the wire. */
export interface Metadata {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
}

/** A Pod of core/v1, as far as the kubelet looks at it. */
export interface Pod {
  metadata: Metadata;
  spec: PodSpec;
  status?: PodStatus;
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface PodSpec {
  nodeName?: string;
  schedulerName?: string;
  schedulingGates?: object[];
  serviceAccountName?: string;
  hostname?: string;
  restartPolicy?: RestartPolicy;
  terminationGracePeriodSeconds?: number;
  activeDeadlineSeconds?: number;
  enableServiceLinks?: boolean;
  hostAliases?: { ip: string; hostnames?: string[] }[];
  securityContext?: Identity & { fsGroup?: number; supplementalGroups?: number[] };
  volumes?: Volume[];
  initContainers?: Container[];
  containers: Container[];
}

interface Identity {
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  /** Of an init container: Always makes it a sidecar. */
  restartPolicy?: 'Always';
  env?: EnvironmentVariable[];
  envFrom?: { prefix?: string; secretRef?: OptionalReference; configMapRef?: OptionalReference }[];
  ports?: { name?: string; containerPort: number }[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
  securityContext?: Identity & {
    readOnlyRootFilesystem?: boolean;
    allowPrivilegeEscalation?: boolean;
    capabilities?: { drop?: string[] };
  };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: Handler & { sleep?: { seconds: number } } };
  terminationMessagePath?: string;
  terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError';
}

interface OptionalReference {
  name: string;
  optional?: boolean;
}

export interface KeyReference extends OptionalReference {
  key: string;
}

export interface ResourceFieldReference {
  containerName?: string;
  resource: string;
  divisor?: string;
}

export interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: KeyReference;
    configMapKeyRef?: KeyReference;
    fieldRef?: { fieldPath: string };
    resourceFieldRef?: ResourceFieldReference;
  };
}

export interface Handler {
  httpGet?: {
    path?: string;
    port: number | string;
    host?: string;
    scheme?: 'HTTP' | 'HTTPS';
    httpHeaders?: { name: string; value: string }[];
  };
  tcpSocket?: { port: number | string; host?: string };
  exec?: { command?: string[] };
}

export interface Probe extends Handler {
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  terminationGracePeriodSeconds?: number;
}

export interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}

export interface DownwardItem {
  path: string;
  mode?: number;
  fieldRef?: { fieldPath: string };
  resourceFieldRef?: ResourceFieldReference;
}

/** One source of a projected volume; the volumes secret, configMap and downwardAPI are a projection of one source. */
export interface Projection {
  secret?: OptionalReference & { items?: KeyToPath[] };
  configMap?: OptionalReference & { items?: KeyToPath[] };
  downwardAPI?: { items?: DownwardItem[] };
  serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
}

export interface Volume {
  name: string;
  secret?: { secretName: string; optional?: boolean; defaultMode?: number; items?: KeyToPath[] };
  configMap?: OptionalReference & { defaultMode?: number; items?: KeyToPath[] };
  downwardAPI?: { defaultMode?: number; items?: DownwardItem[] };
  projected?: { sources?: Projection[]; defaultMode?: number };
  emptyDir?: object;
  hostPath?: { path: string };
}

export interface Terminated {
  exitCode: number;
  signal?: number;
  reason: string;
  message?: string;
  startedAt: string;
  finishedAt: string;
  containerID: string;
}

/** One of the three is set. */
export interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: Terminated;
}

export interface ContainerStatus {
  name: string;
  image: string;
  imageID: string;
  containerID?: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  started: boolean;
  restartCount: number;
}

export interface PodCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string | null;
  message?: string | null;
  lastTransitionTime?: string | null;
}

export interface PodStatus {
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  reason?: string;
  message?: string;
  podIP?: string;
  podIPs?: { ip: string }[];
  hostIP?: string;
  startTime?: string;
  conditions?: PodCondition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}
