// The reasons of k8s.io/apimachinery/pkg/apis/meta/v1 for the codes; 410 is what a compacted resourceVersion gets.
const reasons: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** A failure as a Kubernetes API server words it. */
export function statusObject(code: number, message = 'injected by the fault proxy'): Record<string, unknown> {
  const reason = reasons[code] ?? 'Unknown';
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}
