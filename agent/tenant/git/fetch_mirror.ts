// Updates a mirror's tags from its remote, within limits, and returns the tags that moved.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError, toAppError } from '../../../shared/errors.js';
import { createAccess, maskSecrets } from './auth.js';
import { explainRemote } from './explain_remote.js';
import { runGit, type GitCall } from './git.js';
import { mirrorGit, setObjectFormat, type Mirror } from './mirror.js';
import { parseTagLines, readTags } from './tags.js';

export interface MovedTag {
  tag: string;
  from: string;
  to: string;
}

/** How many of git's own last lines an error repeats. */
const tailLines = 5;

/**
 * Slips of old tools in who made a commit or tag and when, and in how a mode is written: many histories hold them, and
 * none can do harm.
 */
const harmlessSlips = [
  'badDate',
  'badDateOverflow',
  'badEmail',
  'badName',
  'badTagName',
  'badTimezone',
  'missingAuthor',
  'missingCommitter',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeDate',
  'missingSpaceBeforeEmail',
  'missingTaggerEntry',
  'multipleAuthors',
  'nulInCommit',
  'zeroPaddedDate',
  'zeroPaddedFilemode',
];

/** Strict checks refuse malicious objects, such as trees with a path out of the work tree. */
const fsckConfig = {
  'fetch.fsckObjects': 'true',
  ...Object.fromEntries(harmlessSlips.map((slip) => [`fetch.fsck.${slip}`, 'ignore'])),
};

/**
 * Makes the mirror's tags the remote's: new ones come, moved ones move, deleted ones go (objects stay). One call at a
 * time per mirror; may be called again, also after a kill. Throws AppError `repository-unreachable`, `config` for a
 * token that cannot be read, or the signal's reason.
 */
export async function fetchMirror(
  mirror: Mirror,
  limits: { timeLimitMs: number; stallLimitMs: number; signal: AbortSignal },
): Promise<{ movedTags: MovedTag[] }> {
  const { timeLimitMs, signal, stallLimitMs } = limits;
  const { env, config } = await createAccess(mirror.auth);
  const lowSpeed = { 'http.lowSpeedLimit': '1', 'http.lowSpeedTime': String(Math.ceil(stallLimitMs / 1000)) };
  const remote = { env, signal, config: { ...fsckConfig, ...lowSpeed, ...config } };
  await removeStaleLocks(mirror);

  // A first request with a short limit: git's own limits do not cover a server that accepts and then sends nothing.
  const asked = ['ls-remote', '--refs', '--', mirror.repo, 'refs/tags/*'];
  const [answer, known] = await Promise.all([
    reach(mirror, asked, { ...remote, timeLimitMs: Math.min(stallLimitMs, timeLimitMs) }),
    readTags(mirror),
  ]);
  const theirs = parseTagLines(answer);
  if (isEqual(known, theirs)) return { movedTags: [] };
  const [id = ''] = theirs.values();
  const isNew = id !== '' && (await setObjectFormat(mirror, id.length === 64 ? 'sha256' : 'sha1'));
  const before = isNew ? new Map<string, string>() : known;

  const refspec = '+refs/tags/*:refs/tags/*';
  const quiet = ['--quiet', '--no-write-fetch-head', '--no-auto-maintenance', '--recurse-submodules=no'];
  const fetched = ['fetch', ...quiet, '--no-tags', '--prune', '--', mirror.repo, refspec];
  await reach(mirror, fetched, { ...remote, timeLimitMs });
  const after = await readTags(mirror);
  const movedTags = [...before].flatMap(([tag, from]) => {
    const to = after.get(tag);
    return to === undefined || to === from ? [] : [{ tag, from, to }];
  });
  return { movedTags };
}

/** Asks the remote for its tags, and keeps nothing. Throws AppError as `fetchMirror` does. */
export async function checkRemote(
  { repo, auth }: Omit<Mirror, 'folder'>,
  limits: { timeLimitMs: number; signal: AbortSignal },
): Promise<void> {
  const access = await createAccess(auth);
  const args = ['ls-remote', '--refs', '--', repo, 'refs/tags/*'];
  await explainFailure(repo, limits.signal, () => runGit({ folder: '/', args, ...access, ...limits }));
}

async function reach(mirror: Mirror, args: readonly string[], call: Partial<GitCall>): Promise<string> {
  const answer = await explainFailure(mirror.repo, call.signal, () => mirrorGit(mirror, args, call));
  return answer.stdout.toString();
}

async function explainFailure<T>(url: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = toAppError(thrown);
    if (signal?.aborted === true || (error.code !== 'io' && error.code !== 'time-limit')) throw thrown;
    const repo = maskSecrets(url);
    if (error.message.includes('dubious ownership')) {
      // To read it as root would be to trust its owner.
      throw new AppError('repository-unreachable', `${repo} belongs to another user than the agent's`, {
        hint: 'Give the repository to the agent’s user (root), or serve it over ssh or https.',
      });
    }
    const lines = maskSecrets(error.message).split('\n');
    const errorText = lines.filter((line) => line.trim() !== '').slice(-tailLines);
    throw new AppError('repository-unreachable', `${repo} cannot be fetched from: ${errorText.join('\n')}`, {
      hint: explainRemote(error.message),
    });
  }
}

/** A killed fetch leaves lock files that make every later fetch fail. */
async function removeStaleLocks({ folder }: Mirror): Promise<void> {
  const tagsFolder = path.join(folder, 'refs/tags');
  const names = await readdir(tagsFolder, { recursive: true }).catch(() => []);
  const locks = names.filter((name) => name.endsWith('.lock')).map((name) => path.join(tagsFolder, name));
  await Promise.all([...locks, path.join(folder, 'packed-refs.lock')].map((file) => rm(file, { force: true })));
}

function isEqual(left: Map<string, string>, right: Map<string, string>): boolean {
  return left.size === right.size && [...left].every(([tag, object]) => right.get(tag) === object);
}
