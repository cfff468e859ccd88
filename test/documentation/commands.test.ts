import { fileURLToPath } from 'node:url';
import { runPage } from '../support/runbook/run-blocks.ts';
import { situations } from './situations.ts';

describe('the commands of', () => {
  for (const [page, prepare] of Object.entries(situations)) {
    it(`${page} run, and show what it says`, async () => {
      const { situation, chosen, end } = await prepare();
      try {
        await runPage(fileURLToPath(new URL(`../../${page}`, import.meta.url)), situation, chosen);
      } finally {
        await end?.();
      }
    });
  }
});
