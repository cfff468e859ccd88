import { chmod, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Watchdog } from '../control-plane/watchdog.ts';
import type { ContainerLog } from './container-log.ts';
import { type ContainerProcess, startContainerProcess } from './container-process.ts';
import { ConfigurationMissing, environmentOf, expand } from './environment.ts';
import { findImage, type Image, imageFolders, ImageMissing } from './images.ts';
import type { Objects, Service } from './objects.ts';
import type { Container, Pod } from './pod-object.ts';
import type { Mount, Sandbox } from './sandbox.ts';
import { volumePath } from './volumes.ts';

export interface StartDeps {
  pod: Pod;
  podIp: string;
  /** Of the Pod, on this machine: `hosts` and `volumes` are in it. */
  directory: string;
  images: Readonly<Record<string, Image>>;
  objects: Objects;
  watchdog: Watchdog;
  server: URL;
  serviceIp: (service: Service) => string | undefined;
}

/**
 * Starts a container as its Pod describes it.
 * @throws ImageMissing, ConfigurationMissing (both may come right later) or StartFailed.
 */
export async function startContainer(
  deps: StartDeps,
  container: Container,
  log: ContainerLog,
  id: string,
): Promise<{ process: ContainerProcess; messageFile: string }> {
  const image = findImage(deps.images, container.image);
  if (image === undefined) {
    const known = Object.keys(deps.images).join(', ');
    throw new ImageMissing(`failed to pull image "${container.image}": the test kubelet has only ${known}`);
  }
  const environment = environmentOf(container, { ...deps, image: image.environment ?? {} });
  const directory = join(deps.directory, 'containers', id.slice(id.lastIndexOf('/') + 1));
  await mkdir(directory, { recursive: true });
  const messageFile = `${directory}.message`;
  await writeFile(messageFile, '');
  await chmod(messageFile, 0o666);
  const sandbox = await sandboxOf(deps, container, image, { environment, directory, messageFile });
  const process = await startContainerProcess({ sandbox, environment, log, watchdog: deps.watchdog });
  void process.exited.then(() => rm(directory, { recursive: true, force: true }));
  return { process, messageFile };
}

async function sandboxOf(
  deps: StartDeps,
  container: Container,
  image: Image,
  made: { environment: Record<string, string>; directory: string; messageFile: string },
): Promise<Sandbox> {
  const { pod } = deps;
  const { securityContext = {} } = container;
  const expanded = (texts: readonly string[]): string[] => texts.map((text) => expand(text, made.environment));
  const entrypoint = container.command ? expanded(container.command) : image.entrypoint;
  const given = container.args ? expanded(container.args) : container.command ? [] : (image.arguments ?? []);
  return {
    directory: made.directory,
    hostname: pod.spec.hostname ?? pod.metadata.name,
    imageFolders,
    mounts: [
      { source: join(deps.directory, 'hosts'), target: '/etc/hosts', file: true },
      { source: made.messageFile, target: container.terminationMessagePath ?? '/dev/termination-log', file: true },
      ...(image.cache ? [await cacheMount(image.cache)] : []),
      ...(await volumeMounts(deps, container, made.environment)),
    ],
    readOnlyRoot: securityContext.readOnlyRootFilesystem === true,
    user: userOf(pod, container, image),
    noNewPrivileges: securityContext.allowPrivilegeEscalation === false,
    noCapabilities: securityContext.capabilities?.drop?.includes('ALL') === true,
    workingDirectory: container.workingDir ?? image.workingDirectory ?? '/',
    command: [...entrypoint, ...given],
  };
}

function userOf(pod: Pod, container: Container, image: Image): Sandbox['user'] {
  const { securityContext: ofPod = {} } = pod.spec;
  const { securityContext: own = {} } = container;
  const uid = own.runAsUser ?? ofPod.runAsUser ?? image.user ?? 0;
  if (uid === 0 && (own.runAsNonRoot ?? ofPod.runAsNonRoot) === true) {
    throw new ConfigurationMissing('container has runAsNonRoot and image will run as root');
  }
  const gid = own.runAsGroup ?? ofPod.runAsGroup ?? (uid === image.user ? uid : 0);
  return { uid, gid, groups: [ofPod.fsGroup ?? [], ofPod.supplementalGroups ?? []].flat() };
}

async function cacheMount(cache: NonNullable<Image['cache']>): Promise<Mount> {
  await mkdir(cache.source, { recursive: true });
  await chmod(cache.source, 0o777);
  return cache;
}

async function volumeMounts(
  { pod, directory }: StartDeps,
  container: Container,
  environment: Record<string, string>,
): Promise<Mount[]> {
  const mounts = (container.volumeMounts ?? []).map(async (mount): Promise<Mount> => {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
    if (volume === undefined) throw new Error(`there is no volume ${mount.name}`);
    const folder = volumePath(join(directory, 'volumes'), volume);
    // A subPath shows the file as it is now: it does not follow the swap, here as in Kubernetes.
    const source = mount.subPath ? await realpath(resolve(folder, expand(mount.subPath, environment))) : folder;
    const readOnly = mount.readOnly === true || !(volume.emptyDir || volume.hostPath);
    return { source, target: mount.mountPath, file: (await stat(source)).isFile(), readOnly };
  });
  return Promise.all(mounts);
}
