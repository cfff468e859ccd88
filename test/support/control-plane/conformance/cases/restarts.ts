import type { ConformanceCase } from '../conformance-case.ts';

export const cases: ConformanceCase[] = [
  {
    name: 'a server that was ended and started again goes on where it was',
    run: async (server) => {
      const before = await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'a' } } });
      const watch = await server.watch(`${server.secrets()}?watch=true`);
      await watch.take(1);
      await server.controlPlane.apiServer.kill();
      server.note('the watch', (await watch.takeAll()).length);
      await server.controlPlane.apiServer.start();
      const after = await server.eventually('200', 'GET', server.secrets('a'));
      server.note('the same object', after.metadata.uid === before.metadata.uid);
      const next = await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'b' } } });
      server.note('versions go on', Number(next.metadata.resourceVersion) > Number(before.metadata.resourceVersion));
      await server.eventually('200', 'GET', server.gadgets());
    },
  },
];
