import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { explained, judgeAudit } from '../../generate/audit.ts';

const advisory = { url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc', title: 'Reads too far', severity: 'high' };
const report = { auditReportVersion: 2, vulnerabilities: { inner: { via: [advisory] }, outer: { via: ['inner'] } } };

describe('the audit of dependencies', () => {
  it('finds nothing where nothing is reported', () => {
    assert.equal(judgeAudit({ auditReportVersion: 2, vulnerabilities: {} }, {}).exitCode, 0);
  });

  it('names what is reported, once', () => {
    const { exitCode, message } = judgeAudit(report, {});
    assert.equal(exitCode, 10);
    assert.equal(message, 'inner: high: Reads too far (https://github.com/advisories/GHSA-aaaa-bbbb-cccc)');
  });

  it('passes what is explained, and asks to remove an explanation that nothing needs', () => {
    const known = { 'GHSA-aaaa-bbbb-cccc': 'inner is only called with our own text' };
    assert.equal(judgeAudit(report, known).exitCode, 0);
    const { exitCode, message } = judgeAudit({ auditReportVersion: 2, vulnerabilities: {} }, known);
    assert.equal(exitCode, 10);
    assert.match(message, /^GHSA-aaaa-bbbb-cccc is explained, and no longer reported/);
  });

  it('does not take silence for nothing found', () => {
    assert.deepEqual(judgeAudit({ message: '405 Method Not Allowed' }, {}), {
      exitCode: 75,
      message: 'Nothing was audited: npm audit says 405 Method Not Allowed',
    });
    assert.equal(judgeAudit({}, {}).exitCode, 75);
  });

  it('is explained in SECURITY.md', () => {
    const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
    for (const id of Object.keys(explained)) assert.ok(page.includes(id), `SECURITY.md lacks ${id}`);
    for (const [id] of page.matchAll(/GHSA(-[23456789cfghjmpqrvwx]{4}){3}/g)) assert.ok(Object.hasOwn(explained, id), id); // prettier-ignore
  });
});
