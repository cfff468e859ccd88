/** metav1.MicroTime wants six digits; a Date has three (kubernetes-client/javascript#828). */
export function microTime(instant: Date): string {
  return instant.toISOString().replace('Z', '000Z');
}
