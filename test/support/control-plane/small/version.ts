import type { JsonObject } from './kubernetes-object.ts';

/** `/version`: the Kubernetes version whose answers this server is held to. */
export const version: JsonObject = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3-small',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: `${process.platform}/${process.arch}`,
};
