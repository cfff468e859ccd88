import { fieldValue, resourceValue } from './downward.ts';
import type { KeyedObject, Objects, Service } from './objects.ts';
import type { Container, EnvironmentVariable, KeyReference, Pod } from './pod-object.ts';

/** What a container asks for is not there: it stays waiting with CreateContainerConfigError until it is. */
export class ConfigurationMissing extends Error {}

export interface EnvironmentSources {
  pod: Pod;
  podIp: string;
  objects: Objects;
  /** Where the API server is. */
  server: URL;
  /** What the image sets. */
  image: Record<string, string>;
  serviceIp: (service: Service) => string | undefined;
}

/**
 * The environment of a container: the image's, the Services of the namespace, envFrom, env; what comes later wins. HOST is
 * the Pod's address where the container does not set it, since every container shares one network here.
 * @throws ConfigurationMissing when a Secret, ConfigMap or key is not there and not optional.
 */
export function environmentOf(container: Container, sources: EnvironmentSources): Record<string, string> {
  const { pod, podIp, server } = sources;
  const environment: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/',
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
    HOST: podIp,
    ...sources.image,
    ...(pod.spec.enableServiceLinks === false ? {} : serviceLinks(sources)),
    KUBERNETES_SERVICE_HOST: server.hostname,
    KUBERNETES_SERVICE_PORT: server.port || '443',
  };
  for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
    const found = secretRef
      ? keyed(sources, 'Secret', secretRef)
      : configMapRef && keyed(sources, 'ConfigMap', configMapRef);
    for (const [key, value] of Object.entries(found ?? {})) environment[`${prefix}${key}`] = value.toString('utf8');
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, container, sources, environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

function valueOf(
  { value = '', valueFrom }: EnvironmentVariable,
  container: Container,
  sources: EnvironmentSources,
  before: Record<string, string>,
): string | undefined {
  if (valueFrom === undefined) return expand(value, before);
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (secretKeyRef) return keyValue(sources, 'Secret', secretKeyRef);
  if (configMapKeyRef) return keyValue(sources, 'ConfigMap', configMapKeyRef);
  if (fieldRef) return fieldValue(sources.pod, sources.podIp, fieldRef.fieldPath);
  if (resourceFieldRef) return resourceValue(sources.pod, resourceFieldRef, container);
  return undefined;
}

function keyed(
  { pod, objects }: EnvironmentSources,
  kind: 'Secret' | 'ConfigMap',
  { name, optional = false }: { name: string; optional?: boolean },
): KeyedObject['data'] | undefined {
  const found = objects.keyed(kind, `${pod.metadata.namespace}/${name}`);
  if (found === undefined && !optional) throw new ConfigurationMissing(`${kind.toLowerCase()} "${name}" not found`);
  return found?.data;
}

function keyValue(
  sources: EnvironmentSources,
  kind: 'Secret' | 'ConfigMap',
  reference: KeyReference,
): string | undefined {
  const value = keyed(sources, kind, reference)?.[reference.key];
  if (value === undefined && reference.optional !== true) {
    throw new ConfigurationMissing(
      `couldn't find key ${reference.key} in ${kind} ${sources.pod.metadata.namespace}/${reference.name}`,
    );
  }
  return value?.toString('utf8');
}

/** `{NAME}_SERVICE_HOST` and its kin, of the Services that are there when the container starts. */
function serviceLinks({ pod, objects, serviceIp }: EnvironmentSources): Record<string, string> {
  const links: Record<string, string> = {};
  for (const service of objects.services()) {
    const [ip, port] = [serviceIp(service), service.spec.ports?.[0]?.port];
    if (service.metadata.namespace !== pod.metadata.namespace || ip === undefined || port === undefined) continue;
    const name = service.metadata.name.toUpperCase().replaceAll(/[-.]/g, '_');
    links[`${name}_SERVICE_HOST`] = ip;
    links[`${name}_SERVICE_PORT`] = String(port);
    links[`${name}_PORT`] = `tcp://${ip}:${port}`;
  }
  return links;
}

/** `$(NAME)` of a variable that is set is replaced, of another one stays; `$$(NAME)` is a literal `$(NAME)`. */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^()]+)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : (environment[name] ?? whole),
  );
}
