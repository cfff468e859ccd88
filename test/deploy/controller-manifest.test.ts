import assert from 'node:assert/strict';
import { settings } from '../../src/config.ts';
import { controllerPermissions } from '../../src/controller/permissions.ts';
import { packageVersions, readManifests } from './manifests.ts';
import type { Manifest } from './manifests.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

interface Container {
  name: string;
  image: string;
  args: string[];
  env?: unknown[];
  ports: { name: string; containerPort: number }[];
  livenessProbe: { httpGet: { path: string; port: string } };
  readinessProbe: { httpGet: { path: string; port: string } };
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: unknown;
}

interface DeploymentSpec {
  replicas: number;
  selector: { matchLabels: Record<string, string> };
  template: {
    metadata: { labels: Record<string, string> };
    spec: {
      serviceAccountName: string;
      automountServiceAccountToken: boolean;
      securityContext: unknown;
      topologySpreadConstraints: { topologyKey: string; labelSelector: { matchLabels: Record<string, string> } }[];
      containers: Container[];
    };
  };
}

describe('deploy/manifests/controller.yaml', () => {
  const manifests = readManifests('manifests/controller.yaml');
  const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
  const only = (kind: string): Manifest => {
    const [manifest, ...others] = ofKind(kind);
    assert.ok(manifest !== undefined && others.length === 0, `one ${kind}`);
    return manifest;
  };
  const deployment = only('Deployment') as unknown as Manifest<DeploymentSpec>;
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers as [Container];

  it('makes a namespace of restricted Pod Security, and everything else in it', () => {
    const { name, labels } = only('Namespace').metadata;
    for (const mode of ['enforce', 'warn', 'audit']) {
      assert.equal(labels?.[`pod-security.kubernetes.io/${mode}`], 'restricted');
    }
    const namespaces = manifests.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace);
    assert.deepEqual([...new Set(namespaces)], [name]);
  });

  it('grants what the controller does and nothing else: no wildcard, no cluster role', () => {
    const rules = ofKind('Role').map((role) => [role.metadata.name, (role as unknown as { rules: Rule[] }).rules]);
    assert.deepEqual(Object.fromEntries(rules), {
      'loyalty-controller': [
        { apiGroups: ['loyalty.orion.dev'], resources: ['walletcredentials'], verbs: ['list', 'watch'] },
        { apiGroups: ['loyalty.orion.dev'], resources: ['walletcredentials/status'], verbs: ['update'] },
        { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'] },
        { apiGroups: [''], resources: ['events'], verbs: ['create'] },
      ],
      'loyalty-controller-leader-election': [
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          resourceNames: ['loyalty-controller'],
          verbs: ['get', 'update'],
        },
      ],
    });
    assert.doesNotMatch(JSON.stringify(rules), /\*/);
    assert.deepEqual([...ofKind('ClusterRole'), ...ofKind('ClusterRoleBinding')], []);
  });

  it('grants what the controller asks for when it starts', () => {
    const rules = ofKind('Role').flatMap((role) => (role as unknown as { rules: Rule[] }).rules);
    const granted = rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((type) =>
          resourceNames.flatMap((name) => verbs.map((verb) => [verb, group, type, name].join(' '))),
        ),
      ),
    );
    const lease = { namespace: 'loyalty', name: settings.controller.LEASE_NAME.default ?? '' };
    const asked = controllerPermissions(['loyalty'], lease).map(({ verb, group, resource, subresource, name = '' }) =>
      [verb, group, subresource === undefined ? resource : `${resource}/${subresource}`, name].join(' '),
    );
    assert.deepEqual(asked.toSorted(), granted.toSorted());
  });

  it('binds each Role to the service account that the pods run as', () => {
    const { name, namespace } = only('ServiceAccount').metadata;
    for (const binding of ofKind('RoleBinding')) {
      const { roleRef, subjects } = binding as unknown as {
        roleRef: { kind: string; name: string };
        subjects: object[];
      };
      assert.deepEqual([roleRef.kind, roleRef.name], ['Role', binding.metadata.name]);
      assert.deepEqual(subjects, [{ kind: 'ServiceAccount', name, namespace }]);
    }
    assert.deepEqual(
      ofKind('RoleBinding').map(({ metadata }) => metadata.name),
      ofKind('Role').map(({ metadata }) => metadata.name),
    );
    assert.equal(pod.serviceAccountName, name);
    assert.equal(pod.automountServiceAccountToken, true);
  });

  it('selects its own pods and spreads them', () => {
    const { matchLabels } = deployment.spec.selector;
    assert.deepEqual(
      { ...deployment.spec.template.metadata.labels, ...matchLabels },
      deployment.spec.template.metadata.labels,
    );
    assert.equal(deployment.spec.replicas, 2);
    assert.deepEqual(
      pod.topologySpreadConstraints.map(({ topologyKey, labelSelector }) => [topologyKey, labelSelector.matchLabels]),
      [
        ['kubernetes.io/hostname', matchLabels],
        ['topology.kubernetes.io/zone', matchLabels],
      ],
    );
  });

  it('runs the controller where its settings put it by default', () => {
    assert.deepEqual(container.args, ['controller']);
    assert.equal(container.env, undefined);
    assert.deepEqual(container.ports, [
      { name: 'metrics', containerPort: Number(settings.controller.PORT.default), protocol: 'TCP' },
    ]);
    assert.deepEqual(container.livenessProbe.httpGet, { path: '/healthz', port: 'metrics' });
    assert.deepEqual(container.readinessProbe.httpGet, { path: '/readyz', port: 'metrics' });
    const [lease] = ofKind('Role').flatMap((role) =>
      (role as unknown as { rules: Rule[] }).rules.flatMap((rule) => rule.resourceNames ?? []),
    );
    assert.equal(lease, settings.controller.LEASE_NAME.default);
  });

  it('needs no privilege and little room', () => {
    assert.deepEqual(pod.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.deepEqual(container.resources, {
      requests: { cpu: '50m', memory: '128Mi' },
      limits: { memory: '256Mi' },
    });
  });

  it('is of the version of this package', () => {
    const { version } = packageVersions();
    assert.equal(container.image.split(':').at(-1), version);
    assert.equal(deployment.metadata.labels?.['app.kubernetes.io/version'], version);
    assert.equal(deployment.spec.template.metadata.labels['app.kubernetes.io/version'], version);
  });
});
