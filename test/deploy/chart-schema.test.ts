import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chartFolder, helm, requiredValues } from '../support/helm.ts';
import { everything } from './chart-values.ts';

type Schema = Record<string, unknown>;

/** Wrong values over the required ones, with what helm says. */
const wrong: [values: object, message: RegExp][] = [
  [{ database: { existingSecret: '' } }, /'\/database\/existingSecret': '' does not match pattern/],
  [{ database: { existingSecret: 'Not A Name' } }, /'\/database\/existingSecret': 'Not A Name' does not match/],
  [{ database: { url: 'postgres://me:secret@db/loyalty' } }, /'\/database': additional properties 'url' not allowed/],
  [{ database: { key: 'a key' } }, /'\/database\/key': 'a key' does not match pattern/],
  [{ replicas: 3 }, /at '': additional properties 'replicas' not allowed/],
  [{ image: 'orion-loyalty:1' }, /at '\/image': got string, want object/],
  [{ image: { tag: 1 } }, /'\/image\/tag': got number, want string/],
  [{ image: { tag: 'a b' } }, /'\/image\/tag': 'a b' does not match pattern/],
  [{ image: { digest: 'sha256:abc' } }, /'\/image\/digest': 'sha256:abc' does not match pattern/],
  [
    { image: { pullPolicy: 'Sometimes' } },
    /'\/image\/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'/,
  ],
  [{ image: { pullSecrets: [{ name: 'registry' }] } }, /'\/image\/pullSecrets\/0': got object, want string/],
  [{ google: { liveSecret: true } }, /'\/google\/liveSecret': got boolean, want string/],
  [{ apple: { secretName: 'apple-live' } }, /'\/apple': additional properties 'secretName' not allowed/],
  [{ log: { level: 'verbose' } }, /'\/log\/level': value must be one of/],
  [{ crds: { install: 'yes' } }, /'\/crds\/install': got string, want boolean/],
  [{ controller: { replicas: -1 } }, /'\/controller\/replicas': minimum: got -1, want 0/],
  [{ controller: { replicas: '2' } }, /'\/controller\/replicas': got string, want integer/],
  [{ controller: { watchNamespaces: 'loyalty' } }, /'\/controller\/watchNamespaces': got string, want array/],
  [
    { controller: { watchNamespaces: ['UPPER'] } },
    /'\/controller\/watchNamespaces\/0': 'UPPER' does not match pattern/,
  ],
  [
    { controller: { resources: { limit: {} } } },
    /'\/controller\/resources': additional properties 'limit' not allowed/,
  ],
  [
    { controller: { resources: { limits: { memory: 'lots' } } } },
    /'\/controller\/resources\/limits\/memory': 'lots' does not match/,
  ],
  [{ controller: { podLabels: { team: 1 } } }, /'\/controller\/podLabels\/team': got number, want string/],
  [{ api: { databasePoolSize: 0 } }, /'\/api\/databasePoolSize': minimum: got 0, want 1/],
  [{ api: { publicUrl: 'loyalty.example.com' } }, /'\/api\/publicUrl': 'loyalty\.example\.com' does not match pattern/],
  [{ api: { corsAllowedOrigins: ['https://shop.example.com/'] } }, /'\/api\/corsAllowedOrigins\/0': .* does not match/],
  [{ api: { adminKey: { value: 'olk_secret' } } }, /'\/api\/adminKey': additional properties 'value' not allowed/],
  [{ api: { extraEnv: { LOG_LEVEL: 'debug' } } }, /'\/api\/extraEnv': got object, want array/],
  [{ api: { extraEnv: [{ name: 'DATABASE_URL', value: 'postgres://' }] } }, /'\/api\/extraEnv\/0\/name': 'not' failed/],
  [{ api: { extraEnv: [{ name: 'LOG_FORMAT' }] } }, /'\/api\/extraEnv\/0': 'oneOf' failed/],
  [{ api: { service: { type: 'ExternalName' } } }, /'\/api\/service\/type': value must be one of/],
  [{ api: { service: { port: 70_000 } } }, /'\/api\/service\/port': maximum: got 70,?000, want 65,?535/],
  [{ api: { ingress: { hosts: [{ host: 'a.example.com' }] } } }, /'\/api\/ingress\/hosts\/0': got object, want string/],
  [
    { api: { ingress: { tls: [{ hosts: ['a.example.com'] }] } } },
    /'\/api\/ingress\/tls\/0': missing property 'secretName'/,
  ],
  [{ api: { autoscaling: { maxReplicas: 0 } } }, /'\/api\/autoscaling\/maxReplicas': minimum: got 0, want 1/],
  [{ jobs: { suspended: true } }, /'\/jobs': additional properties 'suspended' not allowed/],
  [{ jobs: { timeZone: 'UTC+1 please' } }, /'\/jobs\/timeZone': 'UTC\+1 please' does not match pattern/],
  [{ jobs: { expirePoints: { schedule: '15 2 * *' } } }, /'\/jobs\/expirePoints\/schedule': .* does not match pattern/],
  [
    { jobs: { expirePoints: { maxExpireShare: 1.5 } } },
    /'\/jobs\/expirePoints\/maxExpireShare': maximum: got 1\.5, want 1/,
  ],
  [
    { jobs: { expirePoints: { concurrencyPolicy: 'Allow' } } },
    /'\/jobs\/expirePoints': additional properties 'concurrencyPolicy'/,
  ],
  [{ jobs: { syncWallets: { parallelism: 0 } } }, /'\/jobs\/syncWallets\/parallelism': minimum: got 0, want 1/],
  [
    { jobs: { syncWallets: { startingDeadlineSeconds: 5 } } },
    /'\/jobs\/syncWallets\/startingDeadlineSeconds': minimum: got 5/,
  ],
  [
    { jobs: { verifyLedger: { activeDeadlineSeconds: null } } },
    /'\/jobs\/verifyLedger': missing property 'activeDeadlineSeconds'/,
  ],
  [{ migrate: { enabled: 1 } }, /'\/migrate\/enabled': got number, want boolean/],
  [{ networkPolicy: { database: { cidrs: [] } } }, /'\/networkPolicy\/database\/cidrs': minItems: got 0, want 1/],
  [
    { networkPolicy: { database: { cidrs: ['10.0.0.1'] } } },
    /'\/networkPolicy\/database\/cidrs\/0': .* does not match pattern/,
  ],
  [
    { networkPolicy: { ingress: { from: [{ selector: {} }] } } },
    /'\/networkPolicy\/ingress\/from\/0': additional properties 'selector'/,
  ],
  [
    { monitoring: { serviceMonitors: { interval: 30 } } },
    /'\/monitoring\/serviceMonitors\/interval': got number, want string/,
  ],
  [
    { monitoring: { serviceMonitors: { enabled: 'true' } } },
    /'\/monitoring\/serviceMonitors\/enabled': got string, want boolean/,
  ],
];

const apple = { liveSecret: 'apple-live' };

/** What the schema cannot say, the templates refuse. */
const impossible: [values: object, message: RegExp][] = [
  [
    { api: { autoscaling: { enabled: true, minReplicas: 9 } } },
    /api\.autoscaling\.minReplicas is 9, more than api\.autoscaling\.maxReplicas, which is 6/,
  ],
  [{ api: { ingress: { enabled: true } } }, /api\.ingress\.hosts is empty: name at least one host/],
  [{ apple }, /apple\.liveSecret is apple-live, but api\.publicUrl is empty: passes of Apple Wallet say/],
  [
    { apple, api: { publicUrl: 'https://loyalty.example.com' } },
    /apple\.liveSecret is apple-live, but api\.passTokenKey\.existingSecret is empty: name a Secret/,
  ],
];

function merged(values: object): object {
  const database = { ...requiredValues.database, ...(values as { database?: object }).database };
  return { ...requiredValues, ...values, database };
}

describe("the chart's values.schema.json", () => {
  const folder = mkdtempSync(join(tmpdir(), 'chart-schema-'));
  const schema = JSON.parse(readFileSync(join(chartFolder, 'values.schema.json'), 'utf8')) as Schema;

  /** Without templates, which take most of the time. */
  before(() => {
    for (const file of ['Chart.yaml', 'values.yaml', 'values.schema.json'])
      cpSync(join(chartFolder, file), join(folder, file));
  });
  after(() => rmSync(folder, { recursive: true }));

  const refusal = async (chart: string, values: object): Promise<string> => {
    const { code, stderr } = await helm(['template', 'loyalty', chart], { values, allowFailure: true });
    assert.equal(code, 1, JSON.stringify(values));
    return stderr;
  };

  it('is strict everywhere: no object takes a key that it does not name', () => {
    const open = objectsOf(schema, '').filter(
      ([, part]) => part['properties'] !== undefined && part['additionalProperties'] !== false,
    );
    assert.deepEqual(
      open.map(([path]) => path),
      [],
    );
  });

  it('refuses values without the one that is required', async () => {
    assert.match(await refusal(folder, {}), /'\/database\/existingSecret': '' does not match pattern/);
  });

  it(`refuses ${wrong.length} wrong values files, and names the key`, async function () {
    this.timeout(60_000);
    assert.ok(wrong.length >= 25);
    // Two at a time: a machine has two cores at least.
    const queue = [...wrong];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [values, message] = next;
        assert.match(await refusal(folder, merged(values)), message);
      }
    };
    await Promise.all([worker(), worker()]);
  });

  for (const [values, message] of impossible) {
    it(`is helped by the templates: ${message.source.slice(0, 40)}…`, async () => {
      assert.match(await refusal(chartFolder, merged(values)), message);
    });
  }

  it('takes what is right', async () => {
    for (const values of [requiredValues, everything, { ...requiredValues, global: { imageRegistry: 'x' } }]) {
      await helm(['template', 'loyalty', folder], { values });
    }
  });
});

/** Every schema of an object in it, by its path. */
function objectsOf(part: unknown, path: string): [string, Schema][] {
  if (typeof part !== 'object' || part === null) return [];
  const inner = Object.entries(part).flatMap(([name, value]) => objectsOf(value, `${path}/${name}`));
  return (part as Schema)['type'] === 'object' ? [[path, part as Schema], ...inner] : inner;
}
