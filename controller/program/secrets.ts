// The secret of agents: read from the configured file, or created in `data_dir`.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { checkPath } from '../../shared/os/trusted/check_path.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import { replaceTrustedFile } from '../../shared/os/trusted/write_file.js';
import type { ControllerConfig } from './controller_config.js';

export interface Secrets {
  agentSecret: string;
  /** The files that this call created. */
  made: string[];
}

const minimumLength = 16;

/** Reads or creates it. Throws AppError `config` for a file that others can read, or a secret that is too short. */
export async function loadSecrets(config: ControllerConfig): Promise<Secrets> {
  const made: string[] = [];
  const load = async (named: string | undefined, name: string) => {
    const file = named ?? path.join(config.data_dir, name);
    if (named === undefined && (await checkPath(file, { mayBeMissing: true })).stats === null) {
      await replaceTrustedFile(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
      made.push(file);
    }
    return readSecret(file);
  };
  return {
    agentSecret: await load(config.agent_secret_file, 'agent-secret'),
    made,
  };
}

async function readSecret(file: string): Promise<string> {
  const secret = (await readTrustedFile(file, 'secret')).toString().trim();
  if (secret.length >= minimumLength) return secret;
  throw new AppError(
    'config',
    `${file}: holds a secret of ${secret.length} characters; at least ${minimumLength} are needed`,
    {
      hint: `openssl rand -base64 32 >${file}`,
    },
  );
}
