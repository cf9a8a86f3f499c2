// Finds out what a tenant's paths really are, by a look of the tenant's user: through links and mounts.
import { AppError } from '../../shared/errors.js';
import type { TenantPath } from '../command/tenant_path.js';
import { lookAt, type Looking } from './tenant_files.js';

export interface RealPlace {
  kind: 'folder' | 'file' | 'missing';
  /**
   * What it is, and then every folder above it, the nearest first: each a `device:inode`, but what does not exist, or
   * cannot be reached, is the nearest folder that can, and the path in it.
   */
  ids: readonly string[];
  /** Whether a symbolic link on its way could be another user's than root's. */
  isLed: boolean;
}

export interface RealPlaces {
  /** Whether the first of them holds a `.git`; in a linked work tree (git worktree) it is a file. */
  git: boolean;
  places: RealPlace[];
}

/**
 * Arguments: paths. Prints for each its kind, the owners of the links on its way, what of it does not exist or cannot be
 * reached, and the ids of what can.
 */
const script = `
[ -e "$1/.git" ] && printf 'git\\0' || printf '\\0'
for place; do
  kind=missing owners= below=
  [ -e "$place" ] && kind=file
  [ -d "$place" ] && kind=folder
  at=$place
  while [ -n "$at" ]; do
    [ -L "$at" ] && owners="$owners $(stat --format=%u -- "$at")"
    at=\${at%/*}
  done
  [ "$kind" = file ] && [ -L "$place" ] && place=$(readlink -f -- "$place")
  until cd -P -- "$place/" 2>/dev/null; do
    below=/\${place##*/}$below
    place=\${place%/*}
  done
  at=\${PWD%/}$below
  [ -e "$at" ] && below= || at=$PWD
  set --
  while [ -n "$at" ] && [ "$at" != / ]; do set -- "$@" "$at"; at=\${at%/*}; done
  printf '%s\\0%s\\0%s\\0%s\\0' "$kind" "$owners" "$below" "$(stat --format=%d:%i -- "$@" /)"
done
`;

/** In the order of the paths. Throws AppError `config` where the user cannot look at all. */
export async function findPlaces(looking: Looking, paths: readonly [TenantPath, ...TenantPath[]]): Promise<RealPlaces> {
  const { stdout, stderr } = await lookAt(looking, { script, words: paths });
  const [git, ...fields] = stdout.split('\0');
  if (fields.length <= paths.length * 4) {
    const [first] = paths;
    throw new AppError('config', `${looking.user.name} cannot look at ${first.shown}: ${stderr.trim()}`, {
      hint: 'The agent runs commands as that user, so it must be that user or root.',
    });
  }
  return { git: git === 'git', places: paths.map((_, index) => parsePlace(fields.slice(index * 4, index * 4 + 4))) };
}

function parsePlace([kind = '', owners = '', below = '', ids = '']: readonly string[]): RealPlace {
  const [nearest = '', ...others] = splitWords(ids);
  return {
    kind: kind === 'folder' || kind === 'file' ? kind : 'missing',
    ids: below === '' ? [nearest, ...others] : [nearest + below, nearest, ...others],
    isLed: splitWords(owners).some((owner) => owner !== '0'),
  };
}

function splitWords(text: string): string[] {
  return text.split(/\s/).filter((word) => word !== '');
}
