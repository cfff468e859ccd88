/** The kind that the suite brings along, so that it depends on no CustomResourceDefinition of the product. */
export const gadgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.conformance.example.com' },
  spec: {
    group: 'conformance.example.com',
    scope: 'Namespaced',
    names: {
      kind: 'Gadget',
      listKind: 'GadgetList',
      plural: 'gadgets',
      singular: 'gadget',
      shortNames: ['gdt'],
      categories: ['conformance'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        selectableFields: [{ jsonPath: '.spec.size' }],
        additionalPrinterColumns: [
          { name: 'Size', type: 'string', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Note', type: 'string', priority: 1, jsonPath: '.spec.note' },
          { name: 'Tags', type: 'string', priority: 1, jsonPath: '.spec.tags' },
          { name: 'Team', type: 'string', priority: 1, jsonPath: '.metadata.labels.example\\.com/team' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: { openAPIV3Schema: gadgetSchema() },
      },
    ],
  },
};

function gadgetSchema(): object {
  return {
    description: 'A gadget is a thing for tests.',
    type: 'object',
    required: ['spec'],
    properties: {
      spec: {
        description: 'What is wanted.',
        type: 'object',
        required: ['size'],
        properties: {
          size: { description: 'How big.', type: 'string', enum: ['small', 'large'] },
          code: { description: 'Its code.', type: 'string', pattern: '^[a-z]{3}$' },
          replicas: { description: 'How many.', type: 'integer', minimum: 1, maximum: 5, default: 2 },
          note: { type: 'string', minLength: 2, maxLength: 10, not: { enum: ['never'] } },
          options: {
            description: 'Its options, which have defaults.',
            type: 'object',
            default: {},
            properties: {
              color: { type: 'string', default: 'red' },
              deep: { type: 'object', properties: { level: { type: 'integer', default: 7 } } },
            },
          },
          tags: { type: 'array', maxItems: 3, items: { type: 'string' } },
          unique: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          when: { type: 'string', format: 'date-time' },
          ratio: { type: 'number' },
          enabled: { type: 'boolean', nullable: true },
          either: { 'x-kubernetes-int-or-string': true },
          choice: {
            type: 'object',
            properties: { a: { type: 'string' }, b: { type: 'string' } },
            oneOf: [{ required: ['a'] }, { required: ['b'] }],
          },
        },
      },
      status: {
        type: 'object',
        properties: {
          observedGeneration: { type: 'integer', format: 'int64' },
          ready: { type: 'boolean' },
          conditions: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
            items: {
              type: 'object',
              required: ['type', 'status'],
              properties: {
                type: { type: 'string' },
                status: { type: 'string' },
                reason: { type: 'string' },
                message: { type: 'string' },
                lastTransitionTime: { type: 'string', format: 'date-time' },
              },
            },
          },
        },
      },
    },
  };
}

/** A gadget with that spec, and whatever else is given. */
export function gadget(name: string, spec: unknown, more: object = {}): object {
  return { apiVersion: 'conformance.example.com/v1alpha1', kind: 'Gadget', metadata: { name }, spec, ...more };
}
