import assert from 'node:assert/strict';
import { onlineReasons, promotionReasons, sourceReasons } from '../../src/domain/credentials/reasons.ts';
import { acceptedCredentials } from '../deploy/accepted-credentials.ts';
import { completeSpec, completeStatus } from '../deploy/complete-credential.ts';
import { deployPath } from '../deploy/manifests.ts';
import { refusals } from '../deploy/refused-credentials.ts';
import { fieldsOf, readSchema } from '../deploy/resource-definition.ts';
import { appleCredential, googleCredential } from '../deploy/written-credential.ts';
import type { WrittenCredential } from '../deploy/written-credential.ts';
import { startControlPlane } from '../support/control-plane/control-plane.ts';
import type { ControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import type { KubectlResult } from '../support/control-plane/kubectl.ts';
import { eventually } from '../support/wait.ts';

describe('deploy/crds and deploy/examples on a real API server', () => {
  let cluster: ControlPlane;
  const run = (...args: string[]): Promise<KubectlResult> => kubectl(cluster, args);
  const read = async (name: string): Promise<{ spec: object; status?: object }> =>
    JSON.parse((await run('get', 'wcred', name, '-o=json')).stdout) as { spec: object; status?: object };

  const table = async (...args: string[]): Promise<string[]> => (await run(...args)).stdout.trimEnd().split('\n');
  /** Tries a write and changes nothing. */
  const attempt = (verb: 'create' | 'replace', resource: WrittenCredential): Promise<KubectlResult> =>
    kubectl(cluster, [verb, '--dry-run=server', '-f', '-'], { input: JSON.stringify(resource), allowFailure: true });

  /** Field to message of what the server refuses. */
  async function errorsOf(verb: 'create' | 'replace', resource: WrittenCredential): Promise<Record<string, string>> {
    const { code, stderr } = await attempt(verb, resource);
    if (code === 0) return {};
    const lines = stderr.replace(/^The WalletCredential "\S+" is invalid: /, '').split('\n* ');
    return Object.fromEntries(lines.map((line) => errorOf(line.trim())));
  }

  before(async () => {
    cluster = await startControlPlane({ kind: 'real', controllerManager: false });
    await run('apply', '--warnings-as-errors', '-f', deployPath('crds'));
    await run('wait', '--for=condition=Established', '--timeout=30s', 'crd/walletcredentials.loyalty.orion.dev');
    // Established is a promise; kubectl finds the short name when discovery has it.
    await eventually(async () => void (await run('get', 'wcred')), { describe: 'kubectl get wcred to work' });
  });
  after(() => cluster?.stop());

  describe('refuses, saying what to write,', () => {
    for (const { mistake, resource, errors } of refusals) {
      it(mistake, async () => assert.deepEqual(await errorsOf('create', resource), errors));
    }

    it('an empty name, a missing one, a number as issuer id and an unknown policy or field', async () => {
      const answers: [WrittenCredential, string][] = [
        [appleCredential({ secretRef: { name: '' } }), 'spec.secretRef.name in body should be at least 1 chars long'],
        [appleCredential({ secretRef: {} }), 'spec.secretRef.name: Required value'],
        [googleCredential({ google: { issuerId: 3388 } }), 'spec.google.issuerId in body must be of type string'],
        [appleCredential({ live: { deletionPolicy: 'Keep' } }), 'supported values: "Retain", "Delete"'],
        [appleCredential({ suspended: true }), 'unknown field "spec.suspended"'],
      ];
      for (const [resource, answer] of answers) {
        const { code, stderr } = await attempt('create', resource);
        assert.ok(code !== 0 && stderr.includes(answer), stderr);
      }
    });
  });

  describe('accepts', () => {
    for (const [what, resource] of Object.entries(acceptedCredentials)) {
      it(what, async () => assert.deepEqual(await errorsOf('create', resource), {}));
    }
  });

  describe('with the examples', () => {
    before(() => run('apply', '--warnings-as-errors', '-f', deployPath('examples')));

    it('fills in the defaults of the design', async () => {
      const { apple, google, expiry, verification, live, revisionHistoryLimit } = completeSpec;
      const { secretName: _derivedFromTheName, ...liveDefaults } = live;
      const defaults = { expiry, verification, live: liveDefaults, revisionHistoryLimit };
      const secretRef = (provider: string): object => ({ secretRef: { name: `${provider}-wallet-source` } });
      assert.deepEqual((await read('apple')).spec, { ...secretRef('apple'), apple, ...defaults });
      assert.deepEqual((await read('google')).spec, { ...secretRef('google'), google, ...defaults });
    });

    it('refuses to change the provider, in both directions', async () => {
      const change = (from: string, to: string): Record<string, string> => ({
        spec:
          `the provider cannot be changed from ${from} to ${to}, since pods mount the live Secret; ` +
          'create another WalletCredential with another name',
      });
      assert.deepEqual(await errorsOf('replace', googleCredential({}, 'apple')), change('apple', 'google'));
      assert.deepEqual(await errorsOf('replace', appleCredential({}, 'google')), change('google', 'apple'));
    });

    it('finds the credentials that read a Secret', async () => {
      const selector = '--field-selector=spec.secretRef.name=google-wallet-source';
      const { stdout } = await run('get', 'wcred', selector, '-o=name');
      assert.equal(stdout, 'walletcredential.loyalty.orion.dev/google\n');
    });
  });

  describe('with a status', () => {
    const writeStatus = (status: object): Promise<KubectlResult> => {
      const patch = `--patch=${JSON.stringify({ status })}`;
      const args = ['patch', 'wcred', 'apple', '--subresource=status', '--type=merge', patch];
      return kubectl(cluster, args, { allowFailure: true });
    };
    before(async () => {
      await run('apply', '-f', deployPath('examples'));
      assert.equal((await writeStatus(completeStatus)).stderr, '');
    });

    it('keeps every field of it, and keeps it when the spec is written', async () => {
      assert.deepEqual((await read('apple')).status, completeStatus);
      await run('patch', 'wcred', 'apple', '--type=merge', '--patch={"spec":{"suspend":true},"status":null}');
      assert.deepEqual((await read('apple')).status, completeStatus);
    });

    it('refuses two conditions of one type', async () => {
      const condition = completeStatus.conditions[0];
      const { stderr } = await writeStatus({ conditions: [condition, condition] });
      assert.match(stderr, /status\.conditions\[1\]: Duplicate value: \{"type":"Ready"\}/);
    });

    it('prints its columns', async () => {
      const columns = 'NAME PROVIDER READY ACCEPTED EXPIRES REVISION AGE';
      const row = /^apple apple True False 2027-12-22 3 \w+/.source;
      const [head, apple] = await table('get', 'wcred');
      assert.equal(words(head), columns);
      assert.match(words(apple), new RegExp(`${row}$`));
      const [wideHead, wideApple] = await table('get', 'wcred', '-o=wide');
      assert.equal(words(wideHead), `${columns} FINGERPRINT REASON ROTATE-BY`);
      assert.match(words(wideApple), new RegExp(`${row} 9f86d081884c WwdrMismatch 2027-02-20$`));
    });

    it('fits 120 characters with every reason there is', async () => {
      const reasons = Object.keys({ ...sourceReasons, ...onlineReasons, ...promotionReasons });
      const longest = reasons.toSorted((left, right) => right.length - left.length)[0] ?? '';
      const [ready, accepted] = completeStatus.conditions;
      assert.equal((await writeStatus({ conditions: [ready, { ...accepted, reason: longest }] })).stderr, '');
      const [, apple = '', google = ''] = await table('get', 'wcred', '-o=wide');
      assert.ok(apple.includes(longest) && apple.length <= 120, apple);
      assert.match(google, /^google +\w+ *$/);
    });

    it('is described with the reason in words', async () => {
      const { stdout } = await run('describe', 'wcred', 'apple');
      for (const text of [
        'Secret Name:        apple-live',
        'put the G4 certificate into wwdr.pem.',
        'Not After:      2027-12-22T10:00:00Z',
      ]) {
        assert.ok(stdout.includes(text), `${text} in:\n${stdout}`);
      }
    });
  });

  describe('explains itself', () => {
    it('with every field, in lines that fit 120 characters', async () => {
      for (const root of ['spec', 'status']) {
        const { stdout } = await run('explain', `wcred.${root}`, '--recursive');
        const wanted = fields.filter(([path]) => path.startsWith(`${root}.`)).map(([path]) => path.split('.').at(-1));
        const shown = stdout.match(/^ +\w+(?=\t)/gm)?.map((name) => name.trim());
        assert.deepEqual(new Set(shown), new Set(wanted));
        for (const line of stdout.split('\n')) assert.ok(line.length <= 120, line);
      }
    });

    it('with the description of every field', async () => {
      const parents = fields.filter(([, field]) => (field.items ?? field).properties !== undefined);
      for (const [path, field] of parents) {
        const { stdout } = await run('explain', `wcred.${path.replaceAll('[]', '')}`);
        for (const child of [field, ...Object.values((field.items ?? field).properties ?? {})]) {
          assert.ok(words(stdout).includes(words(child.description)), `${child.description} in:\n${stdout}`);
        }
      }
    });
  });
});

const fields = [...fieldsOf(readSchema())].filter(([path]) => /^(spec|status)\b/.test(path) && !path.endsWith('[]'));

function words(text = ''): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** `FIELD: Invalid value: VALUE: MESSAGE` → field and message; the value is shown by some versions of Kubernetes only. */
function errorOf(line: string): [field: string, message: string] {
  const match = /^([\w.]+): (?:Invalid value|Forbidden): (?:(?:"[^"]*"|-?\d+): )?(.+)$/s.exec(line);
  return [match?.[1] ?? 'not understood', match?.[2] ?? line];
}
