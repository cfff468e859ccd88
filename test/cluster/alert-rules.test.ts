import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type AlertCase, alertCases } from '../deploy/alerts/alert-cases.ts';
import { type Alert, alertsOf, renderMonitoring } from '../deploy/alerts/rules.ts';
import { deployPath } from '../deploy/manifests.ts';

/** Debian's packages `prometheus` and `prometheus-alertmanager` have them. */
const promtool = process.env['PROMTOOL'] ?? 'promtool';
const amtool = process.env['AMTOOL'] ?? 'amtool';

interface Told {
  code: number | null;
  stdout: string;
  stderr: string;
}

function tell(program: string, args: string[]): Told {
  const { error, status: code, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error)
    throw new Error(`${program} cannot be run (${error.message}): install prometheus, prometheus-alertmanager`);
  return { code, stdout, stderr };
}

type Check = AlertCase['checks'][number];

/** The text with the labels in place of their names, and the value in place of what it is printed by. */
function filled(text: string, { fires = {}, value }: Check): string {
  return text
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => {
      const found = fires[label];
      assert.ok(found !== undefined, `the case says no label ${label}, which the text names: ${text}`);
      return found;
    })
    .replaceAll(/\{\{ \$value \| \w+ \}\}/g, () => {
      assert.ok(value !== undefined, `the case says no value, which the text names: ${text}`);
      return value;
    });
}

function expected(alerts: readonly Alert[], check: Check): object {
  const rule = alerts.find(({ alert }) => alert === check.alert);
  assert.ok(rule, `there is no alert ${check.alert}`);
  const { labels, annotations } = rule;
  const texts = Object.entries(annotations).map(([name, text]) => [name, filled(text, check)]);
  return { exp_labels: { ...labels, ...check.fires }, exp_annotations: Object.fromEntries(texts) as object };
}

const { rules } = await renderMonitoring();
const alerts = alertsOf(rules);

describe('the alerts of the chart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alert-rules-'));
  const file = (name: string): string => join(folder, name);

  before(() => writeFileSync(file('rules.yaml'), stringify(rules)));
  after(() => rmSync(folder, { recursive: true }));

  function test({ series, checks, interval = 1 }: AlertCase): Told {
    const every = `${interval}m`;
    const one = {
      interval: every,
      input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
      alert_rule_test: checks.map((check) => ({
        alertname: check.alert,
        eval_time: check.at,
        exp_alerts: check.fires ? [expected(alerts, check)] : [],
      })),
    };
    const all = { rule_files: ['rules.yaml'], evaluation_interval: every, tests: [one] };
    writeFileSync(file('tests.yaml'), stringify(all));
    return tell(promtool, ['test', 'rules', file('tests.yaml')]);
  }

  it('are rules as promtool wants them', () => {
    const { code, stderr } = tell(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', file('rules.yaml')]);
    assert.deepEqual([code, stderr], [0, '']);
  });

  for (const [name, one] of Object.entries(alertCases)) {
    it(`say of ${name} what is to be said`, () => {
      const { code, stdout, stderr } = test(one);
      assert.equal(code, 0, stdout + stderr);
    });
  }

  it('are what promtool complains of when they say something else: a check of the check', () => {
    const [one] = Object.values(alertCases);
    assert.ok(one);
    const silent = one.checks.map(({ alert, at }) => ({ alert, at }));
    assert.equal(test({ ...one, checks: silent }).code, 1);
  });

  it('have each a case in which they fire and one in which they are silent', () => {
    const checks = Object.values(alertCases).flatMap((one) => one.checks);
    for (const { alert } of alerts) {
      const of = checks.filter((check) => check.alert === alert);
      assert.ok(of.some(({ fires }) => fires !== undefined), `${alert} fires in a case`); // prettier-ignore
      assert.ok(of.some(({ fires }) => fires === undefined), `${alert} is silent in a case`); // prettier-ignore
    }
  });
});

describe('the route for Alertmanager', () => {
  const config = deployPath('monitoring/alertmanager.yaml');

  it('is a configuration as amtool wants it', () => {
    const { code, stderr } = tell(amtool, ['check-config', config]);
    assert.equal(code, 0, stderr);
  });

  const receivers = { P0: 'orion-loyalty-pager', P1: 'orion-loyalty-day', P2: 'orion-loyalty-week' };
  for (const { alert, labels } of alerts) {
    it(`sends ${alert} to ${receivers[labels.severity]}`, () => {
      const pairs = Object.entries({ ...labels, alertname: alert }).map(([label, value]) => `${label}=${value}`);
      const { code, stdout } = tell(amtool, ['config', 'routes', 'test', `--config.file=${config}`, ...pairs]);
      assert.deepEqual([code, stdout.trim()], [0, receivers[labels.severity]]);
    });
  }
});
