import assert from 'node:assert/strict';
import { createReferences, type References } from '../../src/controller/references.ts';

function of(references: References, secret: string): string[] {
  return [...references.of(secret)].sort();
}

describe('references', () => {
  it('finds the WalletCredentials that look at a Secret, several at one and one at several', () => {
    const references = createReferences();
    references.set('n/a', ['n/source', 'n/a-live']);
    references.set('n/b', ['n/source', 'n/b-live']);
    assert.deepEqual(of(references, 'n/source'), ['n/a', 'n/b']);
    assert.deepEqual(of(references, 'n/a-live'), ['n/a']);
    assert.deepEqual(of(references, 'n/other'), []);
  });

  it('forgets what a WalletCredential looked at before', () => {
    const references = createReferences();
    references.set('n/a', ['n/old', 'n/live']);
    references.set('n/a', ['n/new', 'n/live']);
    assert.deepEqual(
      ['n/old', 'n/new', 'n/live'].map((secret) => of(references, secret)),
      [[], ['n/a'], ['n/a']],
    );
  });

  it('forgets a deleted WalletCredential alone', () => {
    const references = createReferences();
    references.set('n/a', ['n/source']);
    references.set('n/b', ['n/source']);
    references.delete('n/a');
    references.delete('n/never');
    assert.deepEqual(of(references, 'n/source'), ['n/b']);
  });

  it('takes a Secret that is named twice for one', () => {
    const references = createReferences();
    references.set('n/a', ['n/x', 'n/x']);
    assert.deepEqual(of(references, 'n/x'), ['n/a']);
    references.delete('n/a');
    assert.deepEqual(of(references, 'n/x'), []);
  });
});
