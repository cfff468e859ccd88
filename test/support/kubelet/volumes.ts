import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fieldValue, resourceValue } from './downward.ts';
import { type Payload, swapFolder } from './folder-swap.ts';
import type { Objects } from './objects.ts';
import type { KeyToPath, Pod, Projection, Volume } from './pod-object.ts';
import type { Tokens } from './token.ts';

/** A volume cannot be made yet, or at all: the Pod stays with ContainerCreating, and an event says why. */
export class FailedMount extends Error {}

export interface VolumeSources {
  pod: Pod;
  podIp: string;
  objects: Objects;
  tokens: Tokens;
  /** One folder a volume is made in it. */
  directory: string;
}

/**
 * Makes the Pod's volumes, or brings those that exist to what their objects have now.
 * @throws FailedMount when a Secret, ConfigMap or key that is not optional is not there.
 */
export async function syncVolumes(sources: VolumeSources): Promise<void> {
  for (const volume of sources.pod.spec.volumes ?? []) await syncVolume(volume, sources);
}

/** The path of a volume on this machine. */
export function volumePath(directory: string, volume: Volume): string {
  return volume.hostPath?.path ?? join(directory, volume.name);
}

async function syncVolume(volume: Volume, sources: VolumeSources): Promise<void> {
  const folder = join(sources.directory, volume.name);
  const group = sources.pod.spec.securityContext?.fsGroup;
  if (volume.hostPath) return;
  const projection = projectionOf(volume);
  if (projection) {
    const payload: Payload = new Map();
    for (const source of projection.sources) await project(source, projection.defaultMode, payload, sources);
    await mkdir(folder, { recursive: true });
    await swapFolder(folder, payload, group);
    return;
  }
  if (!volume.emptyDir) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'nothing';
    throw new FailedMount(`volume "${volume.name}" is of kind ${kind}, which the test kubelet has not`);
  }
  if ((await mkdir(folder, { recursive: true })) === undefined) return;
  if (group !== undefined) await chown(folder, 0, group);
  await chmod(folder, group === undefined ? 0o777 : 0o2777);
}

function projectionOf(volume: Volume): { sources: Projection[]; defaultMode: number } | undefined {
  const { secret, configMap, downwardAPI, projected } = volume;
  const defaultMode = (secret ?? configMap ?? downwardAPI ?? projected)?.defaultMode ?? 0o644;
  if (secret) return { sources: [{ secret: { ...secret, name: secret.secretName } }], defaultMode };
  if (configMap) return { sources: [{ configMap }], defaultMode };
  if (downwardAPI) return { sources: [{ downwardAPI }], defaultMode };
  return projected && { sources: projected.sources ?? [], defaultMode };
}

async function project(source: Projection, mode: number, payload: Payload, sources: VolumeSources): Promise<void> {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  if (secret) addKeys('Secret', secret, mode, payload, sources);
  if (configMap) addKeys('ConfigMap', configMap, mode, payload, sources);
  for (const item of downwardAPI?.items ?? []) {
    const text = item.fieldRef
      ? fieldValue(sources.pod, sources.podIp, item.fieldRef.fieldPath)
      : item.resourceFieldRef && resourceValue(sources.pod, item.resourceFieldRef);
    payload.set(item.path, { content: Buffer.from(text ?? ''), mode: item.mode ?? mode });
  }
  if (serviceAccountToken) {
    const content = Buffer.from(await sources.tokens.token(sources.pod, serviceAccountToken));
    payload.set(serviceAccountToken.path, { content, mode });
  }
}

function addKeys(
  kind: 'Secret' | 'ConfigMap',
  { name, optional = false, items }: { name: string; optional?: boolean; items?: KeyToPath[] },
  mode: number,
  payload: Payload,
  { pod, objects }: VolumeSources,
): void {
  const { namespace } = pod.metadata;
  const found = objects.keyed(kind, `${namespace}/${name}`);
  if (found === undefined) {
    if (optional) return;
    throw new FailedMount(`${kind.toLowerCase()} "${name}" not found`);
  }
  for (const item of items ?? Object.keys(found.data).map((key): KeyToPath => ({ key, path: key }))) {
    const content = found.data[item.key];
    if (content !== undefined) payload.set(item.path, { content, mode: item.mode ?? mode });
    else if (!optional) {
      throw new FailedMount(`references non-existent ${kind.toLowerCase()} key: ${item.key} (${namespace}/${name})`);
    }
  }
}
