import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDockerfile } from './dockerfile.ts';
import type { Instruction } from './dockerfile.ts';
import { packageVersions } from './manifests.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(path(name), 'utf8');

describe('the Dockerfile', () => {
  const instructions = parseDockerfile(read('Dockerfile'));
  const named = (name: string): Instruction[] => instructions.filter((instruction) => instruction.name === name);
  const texts = (name: string): string[] => named(name).map(({ text }) => text);
  const copiedFromCheckout = named('COPY')
    .filter(({ flags }) => !flags.some((flag) => flag.startsWith('--from=')))
    .flatMap(({ text }) => text.split(' ').slice(0, -1));

  it('runs on the Node that the tests run on, and carries the version of the package', () => {
    const { node, version } = packageVersions();
    assert.ok(texts('ARG').includes(`NODE_VERSION=${node}`));
    assert.ok(texts('ARG').includes(`VERSION=${version}`));
  });

  it('copies what is in the checkout', () => {
    assert.deepEqual(
      copiedFromCheckout.filter((source) => !existsSync(path(source))),
      [],
    );
  });

  it('is given by .dockerignore exactly what it copies', () => {
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(lines[0], '*');
    const kept = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const missing = copiedFromCheckout.filter((source) => !kept.some((entry) => `${source}/`.startsWith(`${entry}/`)));
    assert.deepEqual(missing, []);
    // `deploy` is let in for the sake of deploy/image, and shut again with deploy/*.
    const unused = kept.filter((entry) => !copiedFromCheckout.some((source) => `${source}/`.startsWith(`${entry}/`)));
    assert.deepEqual(unused, []);
    assert.ok(
      lines.indexOf('deploy/*') > lines.indexOf('!deploy') &&
        lines.indexOf('deploy/*') < lines.indexOf('!deploy/image'),
    );
  });

  it('ends as a numeric user that is not root, under an init, with a health check and no shell between', () => {
    assert.match(texts('USER').at(-1) ?? '', /^[1-9]\d*:[1-9]\d*$/);
    assert.deepEqual(texts('ENTRYPOINT'), ['["/usr/bin/tini", "--", "/app/bin/loyalty"]']);
    assert.deepEqual(texts('CMD'), ['["--help"]']);
    assert.match(texts('HEALTHCHECK')[0] ?? '', /CMD \["node", "\/app\/deploy\/image\/healthcheck\.mjs"\]$/);
    const user = instructions.findLastIndex(({ name }) => name === 'USER');
    const asUser = instructions.slice(user).filter(({ name }) => ['RUN', 'COPY', 'ADD'].includes(name));
    assert.deepEqual(
      asUser.map(({ name, text }) => [name, /^for command in [\w -]+; do \/app\/bin\/loyalty .* --help/.test(text)]),
      [['RUN', true]],
      'the user makes nothing at build time, he only tries the commands',
    );
  });

  it('labels the image as the Open Container Initiative names things', () => {
    const labels = [...(texts('LABEL')[0] ?? '').matchAll(/org\.opencontainers\.image\.([\w.]+)=/g)].map(
      (match) => match[1],
    );
    assert.deepEqual(labels, [
      'title',
      'description',
      'vendor',
      'licenses',
      'version',
      'revision',
      'created',
      'base.name',
    ]);
  });

  it('keeps to what hadolint checks', () => {
    // DL3020, DL4000, DL3043
    assert.deepEqual([...named('ADD'), ...named('MAINTAINER'), ...named('ONBUILD')], []);
    // DL3006, DL3007: a stage of its own, or a tag that is not latest.
    for (const from of texts('FROM')) assert.match(from, /^(node|\S+:\S*\$\{\w+\}\S*)( AS \w+)?$/);
    // DL3000
    for (const folder of texts('WORKDIR')) assert.match(folder, /^\//);
    for (const { text, comments } of named('RUN')) {
      assert.doesNotMatch(text, /\bsudo\b|\bapt (install|update)|\bcd \S+ (&&|;)|dist-upgrade/); // DL3004, DL3027, DL3003, DL3005
      if (!text.includes('apt-get install')) continue;
      assert.match(text, /^apt-get update && /); // DL3009 and a stale cache
      assert.match(text, /apt-get install -y --no-install-recommends /); // DL3014, DL3015
      assert.match(text, /rm -rf \/var\/lib\/apt\/lists\/\*/); // DL3009
      assert.ok(comments.includes('# hadolint ignore=DL3008'), text); // DL3008, and why not is said above
    }
  });
});
