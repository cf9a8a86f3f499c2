// A tenant that takes signed tags only: what nobody trusted has signed never reaches it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSigningKey } from '../../helpers/git/git_repository.js';
import { expectUntouched, runShell, useHosts } from './hosts.js';

const hosts = useHosts({
  releases: ['v0.2.1', 'v0.2.2', 'v0.2.3', 'v0.2.4', 'v0.2.5'].map((tag) => ({ tag, base: 'v0.2.0', files: {} })),
});

let folder: string;
let signers: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-signers-'));
  const [alice, mallory] = [makeSigningKey(folder, 'alice'), makeSigningKey(folder, 'mallory')];
  signers = path.join(folder, 'signers');
  writeFileSync(signers, alice.allowedSigner);
  const repository = hosts.template().repository.folder;
  const tag = (signWith: string[], ...words: string[]) =>
    runShell('cd "$1"; shift; git -c user.name=a -c user.email=a@b "$@"', repository, ...signWith, 'tag', ...words);
  tag(alice.signWith, '--force', '--sign', '--message=signed', 'v0.2.1', 'v0.2.1^{commit}');
  tag(mallory.signWith, '--force', '--sign', '--message=signed', 'v0.2.2', 'v0.2.2^{commit}');
  tag([], '--force', 'v0.2.3', 'v0.2.3^{commit}');
  // v0.2.4 is annotated, and nobody has signed it. v0.2.5 is the signed tag of another release.
  runShell('git -C "$1" update-ref refs/tags/v0.2.5 refs/tags/v0.2.1', repository);
});
afterAll(() => rmSync(folder, { recursive: true }));

const open = () => hosts.open({ makeKeys: () => ({ trust: { signed_by: signers } }) });

test('takes a tag that a trusted signer has signed', async () => {
  const host = await open();
  expect((await host.upgrade({ version: 'v0.2.1' })).result).toMatchObject({ status: 'success', warnings: [] });
  expect(await host.look()).toMatchObject({ head: 'v0.2.1', serves: 'v0.2.1' });
});

test.each([
  { what: 'somebody else has signed', version: 'v0.2.2' },
  { what: 'is a lightweight one', version: 'v0.2.3' },
  { what: 'nobody has signed', version: 'v0.2.4' },
  { what: 'is the signed tag of another release', version: 'v0.2.5' },
  { what: 'nobody has signed, even by force', version: 'v0.2.4', force: true },
])('refuses a tag that $what', async ({ what: _what, ...wish }) => {
  const host = await open();
  const before = await host.look();
  const { result } = await host.upgrade(wish);
  expect(result).toMatchObject({ status: 'refused', downtime_ms: 0, failure: { code: 'untrusted-tag' } });
  expect(result.failure?.message).toContain(wish.version);
  await expectUntouched(host, before);
});
