import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';
import type { RecordedServer } from '../recorded-server.ts';

async function makeGadget(server: RecordedServer): Promise<void> {
  const made = await server.request('201', 'POST', server.gadgets(), {
    body: gadget('a', { size: 'small', note: 'hello' }),
  });
  const conditions = [{ type: 'Ready', status: 'True', reason: 'Fine', message: 'All is well.' }];
  await server.request('200', 'PUT', `${server.gadgets('a')}/status`, { body: { ...made, status: { conditions } } });
}

export const cases: ConformanceCase[] = [
  {
    name: 'get in its forms',
    run: async (server) => {
      await makeGadget(server);
      await server.kubectl(0, ['get', 'gdt']);
      await server.kubectl(0, ['get', 'gadgets', '-o', 'wide']);
      await server.kubectl(0, ['get', 'conformance', '-o', 'name']);
      await server.kubectl(0, ['get', 'gadget', 'a', '-o', 'yaml']);
      await server.kubectl(0, ['get', 'gadget/a', '-o', 'jsonpath={.status.conditions[0].message}']);
      await server.kubectl(0, ['get', 'gadgets', '-l', 'none=none']);
      await server.kubectl(0, ['get', 'gadgets', '--field-selector', 'metadata.name=a', '--no-headers']);
      await server.kubectl(0, [
        'get',
        'gadgets',
        '--chunk-size=1',
        '-o',
        'custom-columns=NAME:.metadata.name,SIZE:.spec.size',
      ]);
      await server.kubectl(0, ['get', '--raw', '/readyz']);
      await server.kubectl(1, ['get', 'gadget', 'none']);
      await server.kubectl(1, ['get', 'nothings']);
    },
  },
  {
    name: 'describe and explain',
    run: async (server) => {
      await makeGadget(server);
      const involvedObject = {
        apiVersion: 'conformance.example.com/v1alpha1',
        kind: 'Gadget',
        namespace: server.namespace,
        name: 'a',
      };
      const { metadata } = await server.request('200', 'GET', server.gadgets('a'));
      await server.request('201', 'POST', server.core('events'), {
        body: {
          metadata: { name: 'a' },
          involvedObject: { ...involvedObject, uid: metadata.uid },
          reason: 'Made',
          message: 'It is made.',
          type: 'Normal',
          source: { component: 'test' },
        },
      });
      await server.kubectl(0, ['describe', 'gadget', 'a']);
      await server.kubectl(0, ['get', 'events']);
      await server.kubectl(0, ['explain', 'gadget.spec', '--recursive']);
      await server.kubectl(0, ['explain', 'gadget.spec.options']);
      await server.kubectl(0, ['explain', 'gadget.spec.replicas']);
    },
  },
  {
    name: 'create, describe and change a Secret',
    run: async (server) => {
      await server.kubectl(0, [
        'create',
        'secret',
        'generic',
        'a',
        '--from-literal=user=me',
        '--from-literal=password=x',
      ]);
      await server.kubectl(1, ['create', 'secret', 'generic', 'a', '--from-literal=user=me']);
      await server.kubectl(0, ['get', 'secret']);
      await server.kubectl(0, ['describe', 'secret', 'a']);
      await server.kubectl(0, ['patch', 'secret', 'a', '-p', '{"stringData":{"password":"y"}}']);
      await server.kubectl(0, ['label', 'secret', 'a', 'team=red']);
      await server.kubectl(0, ['annotate', 'secret', 'a', 'note=b']);
      await server.kubectl(0, ['label', 'secret', 'a', 'team-']);
      await server.request('200', 'GET', server.secrets('a'));
      await server.kubectl(0, ['create', 'configmap', 'a', '--from-literal=x=y']);
      await server.kubectl(0, ['create', 'serviceaccount', 'a']);
      await server.kubectl(0, ['create', 'role', 'a', '--verb=get,list', '--resource=secrets', '--resource-name=b']);
      await server.kubectl(0, ['create', 'rolebinding', 'a', '--role=a', `--serviceaccount=${server.namespace}:a`]);
      await server.kubectl(0, [
        'get',
        'role/a',
        'rolebinding/a',
        '-o',
        'jsonpath={.items[*].rules}{.items[*].subjects}',
      ]);
      await server.kubectl(0, ['delete', 'secret/a', 'configmap/a']);
    },
  },
  {
    name: 'patch, replace and wait',
    run: async (server) => {
      await makeGadget(server);
      await server.kubectl(0, ['patch', 'gadget', 'a', '--type=merge', '-p', '{"spec":{"replicas":4}}']);
      await server.kubectl(0, ['patch', 'gadget', 'a', '--type=merge', '-p', '{"spec":{"replicas":4}}']);
      await server.kubectl(1, ['patch', 'gadget', 'a', '--type=merge', '-p', '{"spec":{"replicas":9}}']);
      await server.kubectl(1, ['patch', 'gadget', 'a', '-p', '{"spec":{"replicas":3}}']);
      await server.kubectl(0, ['patch', 'gadget', 'a', '--type=json', '-p', '[{"op":"remove","path":"/spec/note"}]']);
      await server.kubectl(0, [
        'patch',
        'gadget',
        'a',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"ready":true}}',
      ]);
      await server.kubectl(0, ['wait', '--for=condition=Ready', 'gadget/a', '--timeout=10s']);
      await server.kubectl(1, ['wait', '--for=condition=Other', 'gadget/a', '--timeout=1s']);
      const current = JSON.parse(await server.kubectl(0, ['get', 'gadget', 'a', '-o', 'json'])) as { spec: object };
      await server.kubectl(0, ['replace', '-f', '-'], { ...current, spec: { size: 'large' } });
      await server.kubectl(1, ['replace', '-f', '-'], { ...current, spec: { size: 'small' } });
      await server.request('200', 'GET', server.gadgets('a'));
    },
  },
  {
    name: 'delete waits until it is so',
    controllers: true,
    run: async (server) => {
      await makeGadget(server);
      await server.kubectl(0, ['delete', 'gadget', 'a']);
      await server.kubectl(1, ['delete', 'gadget', 'a']);
      await server.kubectl(0, ['delete', 'gadget', 'a', '--ignore-not-found']);
      await server.kubectl(0, ['wait', '--for=delete', 'gadget/a', '--timeout=10s']);
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'a' } } });
      await server.kubectl(0, ['delete', 'secrets', '--all', '--cascade=foreground']);
      await server.kubectl(0, ['get', 'secrets']);
    },
  },
  {
    name: 'auth',
    run: async (server) => {
      await server.kubectl(0, ['auth', 'can-i', 'get', 'secrets']);
      await server.kubectl(0, ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']);
    },
  },
];
