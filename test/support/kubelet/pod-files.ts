import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../../../src/adapters/kubernetes/backoff.ts';
import { messageOf } from '../../../src/errors.ts';
import { hostsOf, writeInPlace } from './hosts.ts';
import type { Objects, Service } from './objects.ts';
import type { Pod } from './pod-object.ts';
import type { Tokens } from './token.ts';
import { syncVolumes } from './volumes.ts';

/** The files of one Pod on this machine: its volumes and its `/etc/hosts`. */
export interface PodFiles {
  directory: string;
  /** Makes them, as soon as what they are made of is there; false when the signal aborts before. */
  prepare(signal: AbortSignal): Promise<boolean>;
  /** Brings them to what they should be now; one refresh at a time. */
  refresh(): Promise<void>;
  remove(): Promise<void>;
}

const retry = 200;

export function createPodFiles(deps: {
  directory: string;
  podIp: string;
  pod: () => Pod;
  objects: Objects;
  tokens: Tokens;
  serviceIp: (service: Service) => string | undefined;
  onProblem: (reason: string, message: string) => void;
}): PodFiles {
  const { directory, podIp, objects, tokens } = deps;
  let [made, removed] = [false, false];
  let refreshing = Promise.resolve();

  async function make(): Promise<void> {
    const pod = deps.pod();
    await syncVolumes({ pod, podIp, objects, tokens, directory: join(directory, 'volumes') });
    await writeInPlace(join(directory, 'hosts'), hostsOf(pod, podIp, objects, deps.serviceIp));
  }

  function failed(error: unknown): void {
    if (!removed) deps.onProblem('FailedMount', messageOf(error));
  }

  return {
    directory,
    async prepare(signal) {
      await mkdir(directory, { recursive: true });
      while (!made && !signal.aborted) {
        await make().then(() => (made = true), failed);
        if (!made) await pause(retry, signal);
      }
      return made;
    },
    refresh() {
      refreshing = refreshing.then(() => (made && !removed ? make() : undefined)).catch(failed);
      return refreshing;
    },
    async remove() {
      removed = true;
      await refreshing;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
