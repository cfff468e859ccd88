import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object as a file holds it. */
export interface Manifest<Spec = Record<string, unknown>> {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Spec;
}

/** The absolute path of a file or folder under `deploy`. */
export function deployPath(path: string): string {
  return fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
}

/** The objects of a YAML file under `deploy`, in its order. */
export function readManifests(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(deployPath(path), 'utf8')).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

/** The version of package.json, and of the Node that tests run on. */
export function packageVersions(): { version: string; node: string } {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version, devDependencies } = JSON.parse(text) as { version: string; devDependencies: { node: string } };
  return { version, node: devDependencies.node };
}
