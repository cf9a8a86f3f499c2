// The secrets of agents and of operators: read from the configured files, or created in `data_dir`.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkPermissions } from '../../shared/config/check_permissions.js';
import { AppError } from '../../shared/errors.js';
import { replaceFile } from '../../shared/os/files.js';
import type { ControllerConfig } from './controller_config.js';

export interface Secrets {
  agentSecret: string;
  operatorToken: string;
  /** The files that this call created. */
  made: string[];
}

const minimumLength = 16;

/** Reads or creates both. Throws AppError `config` for a file that others can read, or a secret that is too short. */
export async function loadSecrets(config: ControllerConfig): Promise<Secrets> {
  const made: string[] = [];
  const load = async (named: string | undefined, name: string) => {
    const file = named ?? path.join(config.data_dir, name);
    if (named === undefined && !existsSync(file)) {
      await replaceFile(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
      made.push(file);
    }
    return readSecret(file);
  };
  return {
    agentSecret: await load(config.agent_secret_file, 'agent-secret'),
    operatorToken: await load(config.operator_token_file, 'operator-token'),
    made,
  };
}

async function readSecret(file: string): Promise<string> {
  await checkPermissions(file, 'secret');
  const secret = (await readFile(file, 'utf8')).trim();
  if (secret.length >= minimumLength) return secret;
  throw new AppError(
    'config',
    `${file}: holds a secret of ${secret.length} characters; at least ${minimumLength} are needed`,
    {
      hint: `openssl rand -base64 32 >${file}`,
    },
  );
}
