import type { KubernetesObject } from './kubernetes-object.ts';

/** Which object, wherever it is. */
export interface Place {
  collection: string;
  key: string;
}

/** A text that two places share only when they are the same. */
export function placeId({ collection, key }: Place): string {
  return `${collection} ${key}`;
}

/** Where each uid is, and which objects name it as their owner. */
export class OwnershipIndex {
  readonly #places = new Map<string, Place>();
  readonly #dependents = new Map<string, Map<string, Place>>();

  add(object: KubernetesObject, place: Place): void {
    this.#places.set(object.metadata.uid, place);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const known = this.#dependents.get(uid) ?? new Map<string, Place>();
      this.#dependents.set(uid, known.set(placeId(place), place));
    }
  }

  remove(object: KubernetesObject, place: Place): void {
    this.#places.delete(object.metadata.uid);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const known = this.#dependents.get(uid);
      known?.delete(placeId(place));
      if (known?.size === 0) this.#dependents.delete(uid);
    }
  }

  /** Where the object with that uid is; undefined when there is none. */
  placeOf(uid: string): Place | undefined {
    return this.#places.get(uid);
  }

  dependentsOf(uid: string): Place[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  places(): Place[] {
    return [...this.#places.values()];
  }
}
