// Whether a tag may be deployed here: its name matches the pattern, and the configuration trusts its signer.
import { AppError } from '../../../shared/errors.js';
import { checkTrustedFile } from '../../../shared/os/trusted/read_file.js';
import { defaultTagPattern } from '../../../shared/versions.js';
import { ofKey } from '../of_key.js';
import { mirrorGit, type Mirror } from './mirror.js';
import type { Trust } from './schema.js';
import type { ResolvedTag } from './tags.js';

/**
 * Characters that git forbids in a ref, and a leading `-`, which git reads as an option. No configured pattern allows
 * them.
 */
// oxlint-disable-next-line no-control-regex -- it must match control characters
const neverInTag = /^[-./]|[\0- \x7f~^:?*[\\]|\.\.|@\{|\/[/.]|\.lock(\/|$)|[/.]$|^$/;

/** Throws AppError `invalid-tag` for a name that no tag may have here. `pattern` is a regular expression's source. */
export function checkTagName(tag: string, pattern: string = defaultTagPattern): void {
  if (!neverInTag.test(tag) && new RegExp(pattern).test(tag)) return;
  throw new AppError('invalid-tag', `${JSON.stringify(tag)} is not a tag that may be deployed here`, {
    hint: `Tags match ${pattern} (the tenant file's tag_pattern).`,
  });
}

/** A tag as it was read. The check uses this object, even where a fetch has moved the tag since. */
export interface TagToVerify extends ResolvedTag {
  name: string;
}

/**
 * Accepts every tag under `any-tag`; under `signed_by` only tags that a signer in that file has signed.
 * Throws AppError `untrusted-tag`, or `config` when the file cannot be read or others could change it.
 */
export async function verifyTag(
  mirror: Mirror,
  { name: tag, object, annotated }: TagToVerify,
  trust: Trust,
): Promise<void> {
  if (trust === 'any-tag') return;
  const signers = trust.signed_by;
  await ofKey('signed_by', () => checkTrustedFile(signers, 'config'));
  if (!annotated) {
    throw untrusted(`tag ${tag} is a lightweight tag and carries no signature`, 'Make it anew with git tag -s.');
  }
  const content = (await mirrorGit(mirror, ['cat-file', 'tag', object])).stdout.toString();
  const ownName = /^object [0-9a-f]+\ntype \w+\ntag (.*)\n/.exec(content)?.[1];
  if (ownName !== tag) {
    throw untrusted(`tag ${tag} is the renamed tag ${ownName ?? '(no name)'}: its signature is for that name`);
  }
  await verifySignature(mirror, { tag, object, content, signers });
}

async function verifySignature(
  mirror: Mirror,
  { tag, object, content, signers }: { tag: string; object: string; content: string; signers: string },
): Promise<void> {
  const hint = `Signers are listed in ${signers}.`;
  if (!content.includes('-----BEGIN ')) throw untrusted(`tag ${tag} is annotated but not signed`, hint);
  if (!content.includes('-----BEGIN SSH SIGNATURE-----')) {
    throw untrusted(`tag ${tag} is not signed with an ssh key`, hint);
  }
  // Verify the object, not the ref: the ref may move meanwhile.
  const { exitCode, stderr } = await mirrorGit(mirror, ['verify-tag', '--raw', object], {
    acceptExits: [1],
    config: {
      'gpg.format': 'ssh',
      'gpg.ssh.program': 'ssh-keygen',
      'gpg.ssh.allowedSignersFile': signers,
      'gpg.minTrustLevel': 'fully',
      // Git chooses the verifier by the signature's kind: a signature of another kind must not bypass the signers'
      // file.
      'gpg.program': '/bin/false',
      'gpg.x509.program': '/bin/false',
    },
  });
  if (exitCode === 0) return;
  if (/No principal matched/i.test(stderr)) throw untrusted(`tag ${tag} is signed by an unknown signer`, hint);
  throw untrusted(`tag ${tag} has an invalid signature: ${stderr.trim().split('\n').at(-1)}`, hint);
}

function untrusted(message: string, hint?: string): AppError {
  return new AppError('untrusted-tag', message, hint === undefined ? {} : { hint });
}
