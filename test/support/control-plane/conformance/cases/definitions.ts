import type { ConformanceCase } from '../conformance-case.ts';

const merge = { 'content-type': 'application/merge-patch+json' };

export const cases: ConformanceCase[] = [
  {
    name: 'names, versions and schemas are checked',
    run: async (server) => {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const definition = thing('Cluster', { type: 'object' });
      await server.request('422 Invalid', 'POST', path, { body: { ...definition, metadata: { name: 'x' } } });
      const version = { name: 'v1', served: true, storage: true };
      await server.request('422 Invalid', 'POST', path, {
        body: { ...definition, spec: { ...definition.spec, versions: [version] } },
      });
      await server.request('404 NotFound', 'GET', `${path}/things.conformance.example.com`);
    },
  },
  {
    name: 'a cluster-scoped kind without status comes, changes and goes',
    run: async (server) => {
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const path = `${definitions}/things.conformance.example.com`;
      const things = '/apis/conformance.example.com/v1/things';
      await server.kubectl(0, ['create', '-f', '-'], thing('Cluster', schemaWith({ a: { type: 'string' } })));
      await server.kubectl(0, ['wait', '--for=condition=Established', 'crd/things.conformance.example.com']);
      await server.request('200', 'GET', path);
      await server.eventually('200', 'GET', things);
      const body = {
        apiVersion: 'conformance.example.com/v1',
        kind: 'Thing',
        metadata: { name: 'x' },
        spec: { a: 'b' },
        status: { z: 1 },
      };
      const made = await server.request('201', 'POST', things, { body });
      await server.request('200', 'PUT', `${things}/x`, { body: { ...made, spec: { a: 'c' } } });
      await server.request('404 NotFound', 'PUT', `${things}/x/status`, { body: made });
      await server.request('200', 'GET', things, {
        headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
      });
      await server.request('200', 'GET', '/apis/conformance.example.com');
      const changed = thing('Cluster', schemaWith({ a: { type: 'string' }, b: { type: 'integer', default: 3 } }));
      await server.request('200', 'PATCH', path, { body: { spec: changed.spec }, headers: merge });
      await server.kubectl(0, ['wait', '--for=jsonpath={.spec.b}=3', 'thing/x', '--timeout=10s']);
      await server.request('200', 'GET', `${things}/x`);
      await server.kubectl(0, ['delete', 'crd', 'things.conformance.example.com']);
      await server.eventually('404', 'GET', things);
    },
  },
];

function schemaWith(properties: object): object {
  return { type: 'object', properties: { spec: { type: 'object', properties } } };
}

function thing(
  scope: string,
  openAPIV3Schema: object,
): { apiVersion: string; kind: string; metadata: object; spec: object } {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.conformance.example.com' },
    spec: {
      group: 'conformance.example.com',
      scope,
      names: { kind: 'Thing', plural: 'things' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}
