/** What people put where a service-account JSON belongs, by the shapes that Google's tools write. Fixed words only. */

type Fields = Readonly<Record<string, unknown>>;

const byType: Record<string, string> = {
  authorized_user: "a person's own credentials (authorized_user), as gcloud auth application-default login writes them",
  external_account: 'a workload identity federation configuration (external_account)',
  external_account_authorized_user: 'a workforce identity configuration (external_account_authorized_user)',
  impersonated_service_account: 'an impersonation of a service account (impersonated_service_account)',
  gdch_service_account: 'a service account of Google Distributed Cloud (gdch_service_account)',
};

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names a JSON that is no service account; undefined: it is one. */
export function mistakenJsonOf(json: unknown): string | undefined {
  if (Array.isArray(json)) return 'a JSON list';
  if (typeof json === 'string') return json.trimStart().startsWith('{') ? 'JSON inside a JSON string' : 'a JSON string';
  if (!isObject(json)) return 'a JSON value that is no object';
  return json['type'] === 'service_account' ? undefined : nameOf(json);
}

function nameOf(json: Fields): string {
  if (isObject(json['installed']) || isObject(json['web'])) return 'an OAuth client';
  const { type } = json;
  if (typeof type === 'string' && Object.hasOwn(byType, type)) return byType[type] ?? '';
  if (Object.values(json).some((value) => typeof value === 'string' && /^AIza[\w-]{35}$/.test(value))) {
    return 'a Google API key';
  }
  if ('project_info' in json) return 'the configuration of a Firebase app (google-services.json)';
  if ('apiVersion' in json && 'kind' in json) return 'a Kubernetes manifest';
  return type === undefined ? 'JSON without the field type' : 'JSON whose field type is not service_account';
}
