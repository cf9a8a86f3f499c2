// How the agent authenticates to a remote: a token in a header or an ssh key; never on a command line or in a URL.
import { AppError } from '../../../shared/errors.js';
import { checkTrustedFile, readTrustedFile } from '../../../shared/os/trusted/read_file.js';
import { ofKey } from '../of_key.js';
import type { RepoAuth } from './schema.js';
import { quoteWord } from '../../../shared/os/quote_word.js';

/** The time limit for ssh to connect, and for its server to answer a keep-alive. */
const connectTimeoutS = 60;
const aliveIntervalS = 15;

export interface Access {
  env: Record<string, string>;
  config: Record<string, string>;
}

/**
 * The environment and configuration with which git reaches the remote. A token file holds `TOKEN` or `USER:TOKEN`.
 * Throws AppError `config` when others could change one of the files or read a secret one, or the token's is empty.
 */
export async function createAccess(auth: RepoAuth | undefined): Promise<Access> {
  // With GIT_SSH_VARIANT git does not run ssh an extra time to detect its kind.
  const env = { GIT_SSH_COMMAND: sshCommand(auth), GIT_SSH_VARIANT: 'ssh' };
  if (auth === undefined) return { env, config: {} };
  if ('ssh_key' in auth) {
    await ofKey('ssh_key', () => checkTrustedFile(auth.ssh_key, 'secret'));
    await ofKey('known_hosts', () => checkTrustedFile(auth.known_hosts, 'config'));
    return { env, config: {} };
  }
  const token = await readToken(auth.token_file);
  const credentials = Buffer.from(token.includes(':') ? token : `x-access-token:${token}`).toString('base64');
  // Git would send the header to the target of a redirect, too.
  const config = { 'http.extraHeader': `Authorization: Basic ${credentials}`, 'http.followRedirects': 'false' };
  return { env, config: { ...config, ...(await trustAuthority(auth.ca_file)) } };
}

/** A text about a remote with the passwords and tokens in its URLs masked. */
export function maskSecrets(text: string): string {
  return text.replace(/(https?:\/\/)[^/@\s]+@/g, '$1***@').replace(/(:\/\/[^/@:\s]*):[^/@\s]+@/g, '$1:***@');
}

/** The CA file that replaces the host's own CAs. */
async function trustAuthority(file: string | undefined): Promise<Record<string, string>> {
  if (file === undefined) return {};
  await ofKey('ca_file', () => checkTrustedFile(file, 'config'));
  return { 'http.sslCAInfo': file };
}

async function readToken(file: string): Promise<string> {
  const content = await ofKey('token_file', () => readTrustedFile(file, 'secret'));
  const token = content.toString().trim();
  if (token !== '' && !/\s/.test(token)) return token;
  throw new AppError('config', `token_file ${file} does not hold one token`, {
    hint: 'It holds TOKEN or USER:TOKEN, on one line.',
  });
}

function sshCommand(auth: RepoAuth | undefined): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `ConnectTimeout=${connectTimeoutS}`,
    `ServerAliveInterval=${aliveIntervalS}`,
    `ServerAliveCountMax=${connectTimeoutS / aliveIntervalS}`,
  ];
  if (auth !== undefined && 'ssh_key' in auth) {
    options.push('IdentitiesOnly=yes', 'IdentityAgent=none', `IdentityFile=${sshPath(auth.ssh_key)}`);
    options.push(`UserKnownHostsFile=${sshPath(auth.known_hosts)}`, 'GlobalKnownHostsFile=/dev/null');
  }
  // ssh finds its user's configuration by the account, not by HOME: -F keeps it out.
  return ['ssh', '-F', '/dev/null', ...options.flatMap((option) => ['-o', option])].map(quoteForShell).join(' ');
}

/** A path as an ssh option reads it: a word in double quotes in which `%` starts a token. */
function sshPath(file: string): string {
  return `"${file.replaceAll('%', '%%').replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quoteWord(word);
}
