import { isConflict, isNotFound } from '../../../src/adapters/kubernetes/api-error.ts';
import { pause } from '../../../src/adapters/kubernetes/backoff.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { messageOf } from '../../../src/errors.ts';
import type { Objects } from './objects.ts';
import type { Metadata, Pod } from './pod-object.ts';
import { type PodView, statusOf } from './status.ts';

export interface StatusWriter {
  /** Writes the status if it is another one than was written last; resolves when what is true now has been written. */
  publish(): Promise<void>;
  /** Deletes the object for good, as a kubelet does when all containers of a deleted Pod have ended. */
  remove(): Promise<void>;
  /** Nothing is written from now on. */
  close(): void;
}

const retry = 200;
const retryConflict = 10;

/** Writes one Pod's status, one write at a time, until it is written: the API server may be away meanwhile. */
export function createStatusWriter(deps: {
  client: KubernetesClient;
  objects: Objects;
  metadata: Metadata;
  view: () => PodView;
  log: (line: string) => void;
}): StatusWriter {
  const { client, objects } = deps;
  const { uid, namespace, name } = deps.metadata;
  const key = `${namespace}/${name}`;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const closed = new AbortController();
  let written = '';
  let wanted = false;
  let writing: Promise<void> | undefined;

  async function writeOnce(): Promise<void> {
    const pod = objects.pod(key);
    if (pod?.metadata.uid !== uid) return;
    const status = statusOf(pod, deps.view(), new Date());
    if (JSON.stringify(status) === written) return;
    const body = { metadata: { uid, resourceVersion: pod.metadata.resourceVersion }, status };
    objects.observePod(await client.request<Pod>({ method: 'PATCH', path: `${path}/status`, body }));
    written = JSON.stringify(status);
  }

  async function write(): Promise<void> {
    while (wanted && !closed.signal.aborted) {
      wanted = false;
      try {
        await writeOnce();
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error)) deps.log(`${key}: its status cannot be written: ${messageOf(error)}`);
        wanted = true;
        await pause(isConflict(error) ? retryConflict : retry, closed.signal);
      }
    }
  }

  return {
    publish() {
      wanted = true;
      writing ??= write().finally(() => (writing = undefined));
      return writing;
    },
    async remove() {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
      while (!closed.signal.aborted) {
        try {
          await client.request({ method: 'DELETE', path, body });
          return;
        } catch (error) {
          if (isNotFound(error) || isConflict(error)) return; // gone, or another Pod of that name
          await pause(retry, closed.signal);
        }
      }
    },
    close: () => closed.abort(),
  };
}
