/**
 * Whether `left` is an older version than `right`. Resource versions of one resource are comparable decimal numbers
 * (Kubernetes API concepts, "Resource versions"; guaranteed since 1.35 and true of every etcd-backed server before).
 */
export function isOlder(left: string, right: string): boolean {
  return left.length === right.length ? left < right : left.length < right.length;
}
