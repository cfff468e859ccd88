import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployPath } from '../deploy/manifests.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl, type KubectlOptions } from '../support/control-plane/kubectl.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import { installController } from '../support/installed-controller.ts';
import { eventually } from '../support/wait.ts';

const loyalty = fileURLToPath(new URL('../../bin/loyalty', import.meta.url));

/** What `loyalty example-credentials` prints. */
function exampleCredentials(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(loyalty, ['example-credentials', ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

const columns = (line = ''): string[] => line.trim().split(/ {2,}/);
const words = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Nobody's terminal wraps it. */
function fits(text: string): void {
  for (const line of text.split('\n')) assert.ok(line.length <= 120, `${line.length} characters: ${line}`);
}

describe('the first steps with kubectl', () => {
  let controlPlane: ControlPlane;
  let controller: ControllerProcess;
  let roots: string;
  /** One root for every call. */
  let authority: string;

  async function run(args: string, options?: KubectlOptions): Promise<string> {
    return (await kubectl(controlPlane, args.split(' '), options)).stdout;
  }
  const table = async (args: string): Promise<string[]> => (await run(args)).trimEnd().split('\n');

  before(async () => {
    controlPlane = await startControlPlane({ kind: 'real', controllerManager: false });
    roots = join(controlPlane.directory, 'root.pem');
    authority = join(controlPlane.directory, 'authority');
  });
  after(async () => {
    if (controller) assert.equal(await controller.stop(), 0, controller.text());
    await controlPlane?.stop();
  });

  it('apply the CRD, and wait until it is established', async () => {
    const created = 'customresourcedefinition.apiextensions.k8s.io/walletcredentials.loyalty.orion.dev';
    assert.equal(await run(`apply -f ${deployPath('crds')}`), `${created} created\n`);
    const wait = 'wait --for=condition=Established --timeout=30s crd/walletcredentials.loyalty.orion.dev';
    assert.equal(await run(wait), `${created} condition met\n`);
  });

  it('install the controller', async () => {
    const { kubeconfig } = await installController({ controlPlane }, 'loyalty');
    exampleCredentials('--authority-directory', authority, '--root-file', roots);
    controller = startControllerProcess({ KUBECONFIG: kubeconfig, APPLE_ROOTS_FILE: roots });
    await controller.whenLogged('leader.elected');
  });

  it('apply the examples: without their Secrets they say what is missing', async () => {
    const applied = await run(`apply -n loyalty -f ${deployPath('examples')}`);
    assert.match(applied, /^walletcredential\S+\/apple created\nwalletcredential\S+\/google created\n$/);
    await run('wait -n loyalty --for=condition=SourceAccepted=False --timeout=10s wcred/apple wcred/google');
    const [, apple] = await table('get wcred apple -n loyalty -o wide');
    assert.deepEqual(columns(apple).slice(0, 4), ['apple', 'apple', 'False', 'False']);
    assert.ok(apple?.includes('SecretNotFound'));
  });

  it('apply loyalty example-credentials, and wait until they are Ready', async () => {
    const input = exampleCredentials('--authority-directory', authority);
    const applied = await run('apply -n loyalty -f -', { input });
    assert.match(applied, /secret\/apple-wallet-source created\nwalletcredential\S+\/apple unchanged/);
    const ready = await run('wait -n loyalty --for=condition=Ready --timeout=10s wcred/apple wcred/google');
    assert.equal(ready.match(/condition met/g)?.length, 2);
  });

  it('get shows at a glance what is live and until when', async () => {
    const lines = await table('get wcred -n loyalty');
    fits(lines.join('\n'));
    const [head, apple, google] = lines.map(columns);
    assert.deepEqual(head, ['NAME', 'PROVIDER', 'READY', 'ACCEPTED', 'EXPIRES', 'REVISION', 'AGE']);
    assert.match(apple?.join(' ') ?? '', /^apple apple True True \d{4}-\d\d-\d\d 1 \d+s$/);
    assert.match(google?.join(' ') ?? '', /^google google True True 1 \d+s$/);
  });

  it('get -o wide shows why, too', async () => {
    const lines = await table('get wcred -n loyalty -o wide');
    fits(lines.join('\n'));
    const [head, apple, google] = lines.map(columns);
    assert.deepEqual(head?.slice(-3), ['FINGERPRINT', 'REASON', 'ROTATE-BY']);
    assert.match(apple?.join(' ') ?? '', /^apple .* [0-9a-f]{12} Promoted$/);
    assert.match(google?.join(' ') ?? '', /^google .* [0-9a-f]{12} Promoted \d{4}-\d\d-\d\d$/);
  });

  it('describe tells the conditions in words, the certificates and the Events', async () => {
    const described = words(await run('describe wcred apple -n loyalty'));
    assert.doesNotMatch(described, /UnknownRoot/);
    for (const text of [
      'Message: Revision 1 is live in Secret apple-live. Observed Generation: 1 Reason: Live Status: True Type: Ready',
      'Message: The source is live as revision 1. Observed Generation: 1 Reason: Promoted Status: True',
      'Subject: UID=pass.com.example.loyalty, CN=Pass Type ID: pass.com.example.loyalty, OU=ABCDE12345,',
      'Revisions: Created At:',
      'Normal Promoted',
      'loyalty-controller Revision 1 is live in Secret apple-live.',
    ]) {
      assert.ok(described.includes(text), `${text} in ${described}`);
    }
  });

  it('a bad rotation shows in get, and describe says what to do; what is live stays', async () => {
    const input = exampleCredentials('--provider', 'apple', '--flaw', 'wrong-wwdr', '--secrets-only');
    await run('apply -n loyalty -f -', { input });
    await run('wait -n loyalty --for=condition=SourceAccepted=False --timeout=10s wcred/apple');
    const lines = await table('get wcred apple -n loyalty -o wide');
    fits(lines.join('\n'));
    assert.match(columns(lines[1]).join(' '), /^apple apple True False \S+ 1 \d+s [0-9a-f]{12} WwdrMismatch$/);
    const diagnosis = 'the signer was issued by G4, the Secret holds G2. Put G4 there,';
    await eventually(
      async () => {
        const described = words(await run('describe wcred apple -n loyalty'));
        assert.match(
          described,
          new RegExp(`Conditions: .*${diagnosis}.* Source: .*${diagnosis}.* Events: .*Warning WwdrMismatch`),
        );
      },
      { describe: 'the diagnosis in describe' },
    );
  });

  it('explain documents every field, within 120 characters', async () => {
    for (const path of ['wcred', 'wcred.spec', 'wcred.spec --recursive', 'wcred.status', 'wcred.spec.apple.keys']) {
      const explained = await run(`explain ${path}`);
      fits(explained);
      assert.doesNotMatch(explained, /<no description>/, path);
    }
  });
});
