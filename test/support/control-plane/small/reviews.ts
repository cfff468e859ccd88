import { invalid } from './api-error.ts';
import { fieldAt, timestamp } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';
import { invalidValue } from './object-metadata.ts';

/** A kind that is answered and never stored. */
export interface Review {
  group: string;
  kind: string;
  plural: string;
  answer(sent: JsonObject, user: string, now: Date): JsonObject;
}

const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const everyPath = { verbs: ['*'], nonResourceURLs: ['*'] };

/** What a client asks about itself. There is no RBAC here: everything is allowed. */
export const reviews: Review[] = [
  {
    group: 'authorization.k8s.io',
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    answer: (sent) => {
      const asked = ['resourceAttributes', 'nonResourceAttributes'].filter((field) => fieldAt(sent, ['spec', field]));
      if (asked.length === 1) return { spec: sent['spec'], status: { allowed: true } };
      const rule = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
      throw invalid({ group: 'authorization.k8s.io', name: '' }, '', [
        invalidValue('spec.resourceAttributes', null, rule),
      ]);
    },
  },
  {
    group: 'authorization.k8s.io',
    kind: 'SelfSubjectRulesReview',
    plural: 'selfsubjectrulesreviews',
    answer: () => ({
      spec: {},
      status: { resourceRules: [everything], nonResourceRules: [everyPath], incomplete: false },
    }),
  },
  {
    group: 'authentication.k8s.io',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    answer: (_sent, user, now) => ({
      metadata: { creationTimestamp: timestamp(now) },
      status: { userInfo: { username: user, uid: user, groups: groupsOf(user) } },
    }),
  },
];

function groupsOf(user: string): string[] {
  return [...(user === 'admin' ? ['system:masters'] : []), 'system:authenticated'];
}

/** The whole answer to a POST of a review. */
export function answerReview(review: Review, sent: JsonObject, user: string, now: Date): JsonObject {
  const answer = review.answer(sent, user, now);
  return { kind: review.kind, apiVersion: `${review.group}/v1`, metadata: {}, ...answer };
}
