/** How one field of a message is read: a scalar, a time, a message, a list of these, or a map from strings. */
export type FieldType =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'integer'
  | 'time'
  | { message: Message }
  | { list: FieldType }
  | { map: 'string' | 'bytes' };

/** Field number → name in JSON and type. Fields that are not here are skipped. */
export type Message = Record<number, [name: string, type: FieldType]>;

const strings: FieldType = { list: 'string' };

// The numbers stand in the generated.proto of k8s.io/apimachinery and k8s.io/api.
const ownerReference: Message = {
  1: ['kind', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
  6: ['controller', 'bool'],
  7: ['blockOwnerDeletion', 'bool'],
};

const objectMeta: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'integer'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  10: ['deletionGracePeriodSeconds', 'integer'],
  11: ['labels', { map: 'string' }],
  12: ['annotations', { map: 'string' }],
  13: ['ownerReferences', { list: { message: ownerReference } }],
  14: ['finalizers', strings],
};

const metadata: [string, FieldType] = ['metadata', { message: objectMeta }];

const resourceAttributes: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};

const policyRule: Message = {
  1: ['verbs', strings],
  2: ['apiGroups', strings],
  3: ['resources', strings],
  4: ['resourceNames', strings],
  5: ['nonResourceURLs', strings],
};

const role: Message = { 1: metadata, 2: ['rules', { list: { message: policyRule } }] };

const roleBinding: Message = {
  1: metadata,
  2: [
    'subjects',
    {
      list: {
        message: {
          1: ['kind', 'string'],
          2: ['apiGroup', 'string'],
          3: ['name', 'string'],
          4: ['namespace', 'string'],
        },
      },
    },
  ],
  3: ['roleRef', { message: { 1: ['apiGroup', 'string'], 2: ['kind', 'string'], 3: ['name', 'string'] } }],
};

/** The kinds that `kubectl create` and `kubectl auth` send as protobuf, whatever the server would rather have. */
export const messages: Record<string, Message> = {
  ConfigMap: {
    1: metadata,
    2: ['data', { map: 'string' }],
    3: ['binaryData', { map: 'bytes' }],
    4: ['immutable', 'bool'],
  },
  Namespace: { 1: metadata },
  Secret: {
    1: metadata,
    2: ['data', { map: 'bytes' }],
    3: ['type', 'string'],
    4: ['stringData', { map: 'string' }],
    5: ['immutable', 'bool'],
  },
  ServiceAccount: {
    1: metadata,
    3: ['imagePullSecrets', { list: { message: { 1: ['name', 'string'] } } }],
    4: ['automountServiceAccountToken', 'bool'],
  },
  Role: role,
  ClusterRole: role,
  RoleBinding: roleBinding,
  ClusterRoleBinding: roleBinding,
  SelfSubjectAccessReview: {
    1: metadata,
    2: [
      'spec',
      {
        message: {
          1: ['resourceAttributes', { message: resourceAttributes }],
          2: ['nonResourceAttributes', { message: { 1: ['path', 'string'], 2: ['verb', 'string'] } }],
        },
      },
    ],
  },
  SelfSubjectRulesReview: { 1: metadata, 2: ['spec', { message: { 1: ['namespace', 'string'] } }] },
  SelfSubjectReview: { 1: metadata },
};
