import { fileURLToPath } from 'node:url';

/** What an image name stands for: a program of this machine. */
export interface Image {
  /** Its ENTRYPOINT: paths of this machine, and arguments. */
  entrypoint: string[];
  /** Its CMD, when the container names neither command nor args. */
  arguments?: string[];
  environment?: Record<string, string>;
  workingDirectory?: string;
  /** Its USER, when the Pod names none. */
  user?: number;
  /** A folder of this machine that every container of it can write: what is in it is kept from run to run. */
  cache?: { source: string; target: string };
}

const checkout = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Our own image: the Dockerfile's entrypoint and user, the code of this checkout. */
export const loyaltyImage: Image = {
  entrypoint: [`${checkout}/bin/loyalty`],
  workingDirectory: checkout,
  // What Node has compiled it keeps apart for each user: without a place of its own, every Pod would compile everything anew.
  environment: { NODE_ENV: 'production', NODE_COMPILE_CACHE: '/var/cache/loyalty' },
  cache: { source: `${checkout}/node_modules/.cache/loyalty-pods`, target: '/var/cache/loyalty' },
  user: 65_532,
};

/** A shell and what is on this machine, as an image like busybox has it. */
export const shellImage: Image = { entrypoint: [], arguments: ['/bin/sh'] };

/** Bound into every container at its own path, since a container's root hides /tmp, /run and other mounts of this machine. */
export const imageFolders = [checkout];

/** By the whole reference, else by what stands before tag or digest; undefined when no such image is known. */
export function findImage(images: Readonly<Record<string, Image>>, reference: string): Image | undefined {
  return images[reference] ?? images[reference.replace(/@sha256:.*$/, '').replace(/:[^:/]*$/, '')];
}

/** No image of that name is known: the container stays waiting with ErrImagePull. */
export class ImageMissing extends Error {}
