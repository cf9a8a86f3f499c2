// The secrets of a tenant's configuration, which are masked in output.
import { cleanText, mask } from '../../shared/clean_text.js';
import { AppError } from '../../shared/errors.js';
import { readToMask } from '../../shared/os/trusted/read_file.js';
import { agentLimits } from '../limits.js';
import { thawTenant, type TenantConfig } from './tenant_config.js';

const secretName = /PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIAL|DSN/i;
/** The part between `user:` and the last @ of the authority. */
const passwordInUrl = /\/\/[^\s/:@]*:([^\s/]+)@/g;
/** Masking shorter strings would make ordinary output unreadable. */
const minimumLength = 6;

/**
 * The strings to mask, longest first, because one may contain another: the token of the repository, passwords in URLs,
 * and variables with a name such as *_TOKEN. Output is read line by line, so a secret of several lines is masked line
 * by line. Throws AppError `config` for more secrets than the limit.
 */
export async function secretsOf(config: TenantConfig): Promise<string[]> {
  const variables = Object.entries(config.environment);
  const secrets = [
    await readToken(config),
    ...variables.filter(([name]) => secretName.test(name)).map(([, value]) => value),
    ...variables.flatMap(([, value]) => findPasswords(value)),
  ];
  const lines = secrets.flatMap((secret) => secret.split(/\r?\n/)).map((line) => line.trim());
  const known = [...new Set(lines.filter((line) => line.length >= minimumLength).flatMap(splitLong))];
  if (known.length > agentLimits.secrets.max) {
    throw new AppError(
      'config',
      `${config.slug} has ${known.length} secrets to mask in output; at most ${agentLimits.secrets.max} are masked`,
      { hint: 'Give ordinary variables names that do not look like those of secrets, such as *_KEY or *_TOKEN.' },
    );
  }
  return known.toSorted((left, right) => right.length - left.length);
}

/** The value of a variable for people: masked whole where the name says that it is secret, and without passwords of URLs. */
export function maskVariable(name: string, value: string): string {
  return secretName.test(name) ? mask : cleanText(value, findPasswords(value));
}

/** A long secret in pieces, each masked by itself; the last two overlap, so that none is short. */
function splitLong(secret: string): string[] {
  const { max } = agentLimits.secretLength;
  if (secret.length <= max) return [secret];
  const count = Math.floor(secret.length / max);
  return [...Array.from({ length: count }, (_, n) => secret.slice(n * max, (n + 1) * max)), secret.slice(-max)];
}

/** The secrets of a stored configuration. Throws AppError `config`, also when it is none. */
export async function secretsOfFrozen(frozen: unknown): Promise<string[]> {
  return secretsOf(thawTenant(frozen));
}

function findPasswords(text: string): string[] {
  const passwords = [...text.matchAll(passwordInUrl)].flatMap(([, password]) => password ?? []);
  // A program may print the password in its encoded or in its decoded form.
  return passwords.flatMap((password) => [password, decodePercent(password)]);
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function readToken({ repo_auth: auth }: TenantConfig): Promise<string> {
  if (auth === undefined || !('token_file' in auth)) return '';
  // Where the file was removed since (an old upgrade is shown), the token is unknown, and no command can print it.
  return readToMask(auth.token_file);
}
