interface Kind {
  group: string;
  version: string;
  kind: string;
  /** Lower case and an s when absent. */
  plural?: string;
}

/** A CustomResourceDefinition that takes any object of a kind: in place of an operator's own, where only the kind must be known. */
export function standInDefinition({ group, version, kind, plural = `${kind.toLowerCase()}s` }: Kind): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
