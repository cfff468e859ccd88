// What differs between two runs, or between two servers that mean the same, is replaced by what it stands for.

/** A text whose wording is the business of one implementation, and what stands for it. */
const wordings: [RegExp, string][] = [
  // Names of Go types, and of the code that reads them.
  [/ into Go struct field .*$/s, ' into Go struct field …'],
  [/(cannot be handled as a \w+): (converting|no kind|unknown conversion).*$/s, '$1: …'],
  [/\(\*(?:core\.|unstructured\.)?\w+\)/g, '(…)'],
  // What a JSON parser says of a text that it cannot read.
  [/(json parse error|error decoding patch|Object 'Kind' is missing|must be of type \w+\)):? .*$/s, '$1: …'],
  [/error decoding from json: /g, ''],
  // A patch quoted in the way of Go or of JSON.
  [/patch: Invalid value: "(?:[^"\\]|\\.)*"/gs, 'patch: Invalid value: …'],
  [/^Invalid value: "(?:map\[|\{)(?:[^"\\]|\\.)*": (?=strict|illegal|json)/s, 'Invalid value: …: '],
  [/Code: 4, Key: \S+, ResourceVersion: 0,/g, 'Code: 4,'],
  [/(invalid continue token: continue key is not valid): .*$/s, '$1: …'],
  [/(unable to parse requirement): .*$/s, '$1: …'],
  // What the small server does not have: protobuf answers and server-side apply.
  [/, application\/vnd\.kubernetes\.protobuf(;stream=watch)?/g, ''],
  [/, application\/apply-patch\+yaml/g, ''],
  // What a case has from earlier answers.
  [/(?<=[?&]continue=)[\w-]{16,}/g, '…'],
  [/(?<=[?&]resourceVersion=)\d{2,7}(?!\d)/g, '…'],
  // Ages, as cells of tables have them.
  [/^(\d+[smhdy]){1,2}$/, 'AGE'],
  // Numbers of versions in sentences.
  [/(too old resource version: )\d+ \(\d+\)/g, '$1… (…)'],
  [/(Too large resource version: \d+, current: )\d+/g, '$1…'],
  [/(the ResourceVersion in record )\(\d+\)/g, '$1(…)'],
];

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

type Json = Record<string, unknown>;

/** Brings everything that one case has seen into a form that is the same on every run and every server. */
export class NormalForm {
  readonly #uids = new Map<string, string>();
  readonly #started = Date.now();

  /** A whole transcript: uids are numbered as they come, resourceVersions by their order. */
  of(transcript: unknown[]): unknown[] {
    const plain = transcript.map((entry) => this.#value(entry));
    const versions = [...new Set(objectVersions(plain))].sort((a, b) => Number(a) - Number(b));
    return plain.map((entry) =>
      withOrdinals(entry, new Map(versions.map((each, index) => [each, `version ${index + 1}`]))),
    );
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (typeof value !== 'object' || value === null) return value;
    return withoutNoise(this.#fields(value as Json));
  }

  #fields(object: Json): Json {
    return Object.fromEntries(Object.entries(object).map(([name, field]) => [name, this.#value(field)]));
  }

  #text(text: string): string {
    const worded = wordings.reduce((each, [pattern, replacement]) => each.replace(pattern, replacement), text);
    return worded
      .replaceAll(uid, (found) => {
        // Those that a case makes up repeat one digit; they stand for nothing.
        if (/^(\d)\1{7}-/.test(found)) return found;
        const known = this.#uids.get(found) ?? `uid ${this.#uids.size + 1}`;
        this.#uids.set(found, known);
        return known;
      })
      .replaceAll(instant, (found) => (Math.abs(Date.parse(found) - this.#started) < 3_600_000 ? 'now' : found));
  }
}

function withoutNoise(object: Json): Json {
  const { managedFields: _managedFields, selfLink: _selfLink, ...rest } = object;
  if (Array.isArray(rest['columnDefinitions'])) {
    rest['columnDefinitions'] = rest['columnDefinitions'].map(
      ({ description: _description, ...column }: Json) => column,
    );
  }
  if (Array.isArray(rest['causes'])) sortCauses(rest);
  if (rest['reason'] === 'Invalid' && ((rest['details'] as Json)['causes'] as unknown[] | undefined)?.length !== 1) {
    rest['message'] = String(rest['message']).replace(/is invalid: \[.*$/s, 'is invalid: […]');
  }
  if (typeof rest['generateName'] === 'string') rest['name'] = `${rest['generateName']}…`;
  if (typeof rest['continue'] === 'string') {
    if (rest['continue'] === '') delete rest['continue'];
    else rest['continue'] = 'a token';
  }
  return rest;
}

// The real server walks Go maps, so its causes come in any order, and it says some of them twice.
function sortCauses(details: Json): void {
  const texts = (details['causes'] as Json[]).map((cause) => JSON.stringify(cause));
  details['causes'] = [...new Set(texts)].sort().map((text) => JSON.parse(text) as unknown);
}

// Versions of lists and bookmarks move with what others write, those of objects with what the case does.
function isObjectMetadata(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && 'resourceVersion' in value && 'uid' in value;
}

function objectVersions(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = isObjectMetadata(value) ? [String(value['resourceVersion'])] : [];
  return [...own, ...Object.values(value).flatMap(objectVersions)];
}

function withOrdinals(value: unknown, ordinals: Map<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withOrdinals(item, ordinals));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withOrdinals(field, ordinals)] as const);
  const copy: Json = Object.fromEntries(fields);
  if (typeof copy['resourceVersion'] === 'string' && /^\d+$/.test(copy['resourceVersion'])) {
    const known = isObjectMetadata(value) ? ordinals.get(copy['resourceVersion']) : undefined;
    copy['resourceVersion'] = known ?? 'a version';
  }
  return copy;
}

/** What kubectl prints, without ages, versions and the widths of columns. */
export function normalText(text: string): string {
  return text
    .replaceAll(/(?<![\w.-])(\d+[smhdy]){1,2}(?![\w.-])/g, 'AGE')
    .replaceAll(/(resource ?version"?:\s+"?)\d+/gi, '$1N')
    .replaceAll(/ {2,}/g, '  ')
    .replaceAll(/[ \t]+$/gm, '')
    .trimEnd();
}
