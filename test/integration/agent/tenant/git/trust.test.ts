import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Mirror } from '../../../../../agent/tenant/git/mirror.js';
import type { Trust } from '../../../../../agent/tenant/git/schema.js';
import { fetchMirror } from '../../../../../agent/tenant/git/fetch_mirror.js';
import { resolveTag } from '../../../../../agent/tenant/git/tags.js';
import { verifyTag, type TagToVerify } from '../../../../../agent/tenant/git/trust.js';
import { AppError } from '../../../../../shared/errors.js';
import { makeSigningKey, type TestRepository } from '../../../../helpers/git/git_repository.js';
import { makeMirror, makeRemote, useFolders } from './tenant.js';

const makeFolder = useFolders();

/** A mirror of a remote with one commit and the tags that `tag` makes, and a file that trusts the signer `alice`. */
async function prepare(tag: (remote: TestRepository, sign: Record<'alice' | 'mallory', string[]>) => void) {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  remote.commit({ a: '1' });
  const [alice, mallory] = [makeSigningKey(folder, 'alice'), makeSigningKey(folder, 'mallory')];
  const signers = path.join(folder, 'signers');
  writeFileSync(signers, alice.allowedSigner);
  tag(remote, { alice: alice.signWith, mallory: mallory.signWith });
  return { mirror: await makeMirror(folder, remote), trust: { signed_by: signers }, remote };
}

/** `v1.0.0` as it is now. */
async function read(mirror: Mirror): Promise<TagToVerify> {
  const resolved = await resolveTag(mirror, 'v1.0.0');
  if (resolved === null) throw new Error('there is no tag v1.0.0');
  return { name: 'v1.0.0', ...resolved };
}

const verify = async (mirror: Mirror, trust: Trust) => verifyTag(mirror, await read(mirror), trust);

/** The message with which `v1.0.0` is refused as untrusted; fails when it is accepted or refused otherwise. */
async function refusal(mirror: Mirror, trust: Trust): Promise<string> {
  const error = await verify(mirror, trust).catch((thrown: unknown) => thrown);
  if (error instanceof AppError && error.code === 'untrusted-tag') return error.message;
  throw new Error('not refused as untrusted', { cause: error });
}

it('accepts a tag that a trusted signer signed', async () => {
  const { mirror, trust } = await prepare((remote, { alice }) => {
    remote.git(...alice, 'tag', '--sign', '--message=release', 'v1.0.0');
  });
  await expect(verify(mirror, trust)).resolves.toBeUndefined();
});

it('accepts every tag under any-tag', async () => {
  const { mirror } = await prepare((remote) => remote.git('tag', 'v1.0.0'));
  await expect(verify(mirror, 'any-tag')).resolves.toBeUndefined();
});

it('refuses a lightweight tag', async () => {
  const { mirror, trust } = await prepare((remote) => remote.git('tag', 'v1.0.0'));
  expect(await refusal(mirror, trust)).toMatch(/lightweight/);
});

it('refuses an annotated tag without a signature', async () => {
  const { mirror, trust } = await prepare((remote) => remote.git('tag', '--annotate', '--message=release', 'v1.0.0'));
  expect(await refusal(mirror, trust)).toMatch(/not signed/);
});

it('refuses an unknown signer', async () => {
  const { mirror, trust } = await prepare((remote, { mallory }) => {
    remote.git(...mallory, 'tag', '--sign', '--message=release', 'v1.0.0');
  });
  expect(await refusal(mirror, trust)).toMatch(/unknown signer/);
});

it('refuses a ref renamed to the tag object of another tag', async () => {
  const { mirror, trust } = await prepare((remote, { alice }) => {
    remote.git(...alice, 'tag', '--sign', '--message=release', 'v0.1.0');
    remote.git('update-ref', 'refs/tags/v1.0.0', remote.git('rev-parse', 'v0.1.0'));
  });
  expect(await refusal(mirror, trust)).toMatch(/renamed tag v0\.1\.0/);
});

it('refuses a tag whose content was changed after signing', async () => {
  const { mirror, trust } = await prepare((remote, { alice }) => {
    remote.git(...alice, 'tag', '--sign', '--message=release', 'v1.0.0');
    const forged = path.join(remote.folder, '.git', 'forged');
    writeFileSync(forged, `${remote.git('cat-file', 'tag', 'v1.0.0').replace('release', 'rElease')}\n`);
    remote.git('update-ref', 'refs/tags/v1.0.0', remote.git('hash-object', '-t', 'tag', '-w', forged));
  });
  expect(await refusal(mirror, trust)).toMatch(/has an invalid signature/);
});

it('refuses a signature of another kind without running its verifier', async () => {
  const { mirror, trust } = await prepare((remote) => {
    const message = 'release\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----';
    remote.git('tag', '--annotate', `--message=${message}`, 'v1.0.0');
  });
  expect(await refusal(mirror, trust)).toMatch(/not signed with an ssh key/);
});

it('judges the tag that was read, though a fetch has moved it to a signed one since', async () => {
  const { mirror, trust, remote } = await prepare((repository) => repository.git('tag', 'v1.0.0'));
  const before = await read(mirror);
  const alice = makeSigningKey(makeFolder(), 'alice');
  writeFileSync(trust.signed_by, alice.allowedSigner);
  remote.git(...alice.signWith, 'tag', '--force', '--sign', '--message=release', 'v1.0.0');
  await fetchMirror(mirror, { timeLimitMs: 60_000, stallLimitMs: 60_000, signal: new AbortController().signal });
  await expect(verify(mirror, trust)).resolves.toBeUndefined();
  await expect(verifyTag(mirror, before, trust)).rejects.toMatchObject({
    code: 'untrusted-tag',
    message: expect.stringContaining('lightweight'),
  });
});

it('blames the configuration for a signers file that is not there', async () => {
  const { mirror } = await prepare((remote) => remote.git('tag', 'v1.0.0'));
  const trust = { signed_by: '/nonexistent/signers' };
  await expect(verify(mirror, trust)).rejects.toMatchObject({ code: 'config' });
});

it('goes by the date in the tag for how long a signer is valid, and takes nothing of one whose line was removed', async () => {
  // The tag is of 2025, as its maker says: the guide has the key's line removed to end its trust.
  const { mirror, trust } = await prepare((remote, { alice }) => {
    remote.git(...alice, 'tag', '--sign', '--message=release', 'v1.0.0');
  });
  const line = readFileSync(trust.signed_by, 'utf8');
  const endAt = (date: string) => writeFileSync(trust.signed_by, line.replace(' ', ` valid-before="${date}" `));
  endAt('20240101');
  expect(await refusal(mirror, trust)).toMatch(/signer|signature/);
  endAt('20250601');
  await expect(verify(mirror, trust)).resolves.toBeUndefined();
  writeFileSync(trust.signed_by, '# nobody\n');
  expect(await refusal(mirror, trust)).toMatch(/signer|signature/);
});
