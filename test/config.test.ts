import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainConfig, readConfig } from '../src/config.ts';
import { ConfigurationError } from '../src/errors.ts';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig('controller', environment);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.problems;
  }
  return [];
}

describe('configuration', () => {
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'config-'));
    await writeFile(join(directory, 'port'), '9000\n');
  });

  after(() => rm(directory, { recursive: true }));

  it('has a default for all that needs a value', () => {
    const config = readConfig('controller', {});
    assert.deepEqual(
      [config.HOST, config.PORT, config.LEADER_ELECTION, config.LEASE_NAME, config.LOG_LEVEL],
      ['0.0.0.0', 8080, true, 'loyalty-controller', 'info'],
    );
    for (const name of ['KUBECONFIG', 'WATCH_NAMESPACES', 'LEASE_NAMESPACE', 'OCSP_URL', 'APPLE_ROOTS_FILE'] as const)
      assert.equal(config[name], undefined);
  });

  it('takes the environment, in the types of the settings', () => {
    const config = readConfig('controller', { PORT: '0', LEADER_ELECTION: 'false', WATCH_NAMESPACES: 'a, b,a' });
    assert.deepEqual([config.PORT, config.LEADER_ELECTION, config.WATCH_NAMESPACES], [0, false, ['a', 'b']]);
  });

  it('takes an empty variable for one that is not set', () => {
    assert.equal(readConfig('controller', { PORT: '', WATCH_NAMESPACES: '' }).PORT, 8080);
  });

  it('is frozen', () => {
    assert.throws(() => Object.assign(readConfig('controller', {}), { PORT: 1 }), TypeError);
  });

  it('reads a value from a file', () => {
    assert.equal(readConfig('controller', { PORT_FILE: join(directory, 'port') }).PORT, 9000);
  });

  it('takes APPLE_ROOTS_FILE for a setting, not for the file of one', () => {
    const config = readConfig('controller', { APPLE_ROOTS_FILE: '/roots.pem' });
    assert.equal(config.APPLE_ROOTS_FILE, '/roots.pem');
  });

  const rows: [variables: Record<string, string>, problem: RegExp][] = [
    [{ PORT: '65536' }, /^PORT is "65536": it must be a port number from 0 to 65535\.$/],
    [{ PORT: '80a' }, /^PORT is "80a"/],
    [{ PORT: '-1' }, /^PORT is "-1"/],
    [{ LEADER_ELECTION: 'yes' }, /^LEADER_ELECTION is "yes": it must be true or false\.$/],
    [{ LOG_LEVEL: 'verbose' }, /^LOG_LEVEL is "verbose": it must be trace, debug, info, warn, error or fatal\.$/],
    [{ LOG_FORMAT: 'xml' }, /^LOG_FORMAT is "xml": it must be json or pretty\.$/],
    [{ WATCH_NAMESPACES: 'a,,b' }, /^WATCH_NAMESPACES is "a,,b": it must be namespace names separated by commas\.$/],
    [{ WATCH_NAMESPACES: 'a,Loyalty' }, /^WATCH_NAMESPACES/],
    [{ LEASE_NAMESPACE: 'a_b' }, /^LEASE_NAMESPACE is "a_b": it must be a namespace name/],
    [{ LEASE_NAME: 'A' }, /^LEASE_NAME is "A": it must be an object name/],
    [
      { GOOGLE_WALLET_URL: 'walletobjects.googleapis.com' },
      /^GOOGLE_WALLET_URL is .*: it must be a URL that starts with https/,
    ],
    [{ GOOGLE_WALLET_URL: 'file:///etc/passwd' }, /^GOOGLE_WALLET_URL/],
    [{ PORT_FILE: '/nowhere/port' }, /^PORT_FILE: cannot read \/nowhere\/port: ENOENT/],
    [{ PORT: '1', PORT_FILE: '/x' }, /^PORT and PORT_FILE are both set: unset one of them\.$/],
  ];
  for (const [variables, problem] of rows) {
    it(`names what is wrong with ${JSON.stringify(variables)}`, () => {
      const problems = problemsOf(variables);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', problem);
    });
  }

  it('names every problem at once, and exits with 78', () => {
    const environment = { PORT: 'x', LEADER_ELECTION: 'maybe', WATCH_NAMESPACES: '?' };
    assert.equal(problemsOf(environment).length, 3);
    assert.throws(() => readConfig('controller', environment), {
      exitCode: 78,
      message: /^The configuration has 3 problems:\n  - PORT is "x"/,
    });
  });

  it('quotes no more than the beginning of a long value', () => {
    const [problem = ''] = problemsOf({ PORT: '1'.repeat(10_000) });
    assert.ok(problem.length < 250);
  });
});

describe('configuration: explained', () => {
  it('names every setting with its value, where it came from, and its default', () => {
    const explained = explainConfig('controller', { PORT: '9' });
    assert.deepEqual(
      explained.find(({ name }) => name === 'PORT'),
      {
        name: 'PORT',
        value: '9',
        origin: 'environment',
        default: '8080',
        description: 'Port of /healthz, /readyz and /metrics.',
      },
    );
    assert.deepEqual(explained.find(({ name }) => name === 'HOST')?.origin, 'default');
    assert.equal(explained.find(({ name }) => name === 'OCSP_URL')?.value, undefined);
  });

  it('explains what is wrong too', () => {
    assert.equal(explainConfig('controller', { PORT: 'x' }).find(({ name }) => name === 'PORT')?.value, 'x');
  });

  it('knows every variable that the contract has for the controller', () => {
    const names = explainConfig('controller', {}).map(({ name }) => name);
    const variables =
      'LOG_LEVEL LOG_FORMAT KUBECONFIG HOST WATCH_NAMESPACES PORT LEADER_ELECTION LEASE_NAMESPACE LEASE_NAME ' +
      'GOOGLE_WALLET_URL GOOGLE_TOKEN_URL GOOGLE_CERTS_URL APNS_URL OCSP_URL APPLE_ROOTS_FILE NODE_EXTRA_CA_CERTS';
    for (const name of variables.split(' ')) assert.ok(names.includes(name), name);
  });
});
