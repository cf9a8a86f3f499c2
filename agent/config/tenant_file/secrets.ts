// The secrets of a tenant's configuration, which are masked in output.
import { cleanText, mask } from '../../../shared/clean_text.js';
import { AppError } from '../../../shared/errors.js';
import { readToMask } from '../../../shared/os/trusted/read_file.js';
import { agentLimits } from '../../limits.js';
import { thawTenant, type TenantConfig } from './tenant_config.js';

const secretName = /PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIAL|DSN/i;
/** The part between `user:` and the last @ of the authority. */
const passwordInUrl = /\/\/[^\s/:@]*:([^\s/]+)@/g;
/** Masking shorter strings would make ordinary output unreadable. */
const minimumLength = 6;

/**
 * The strings to mask, longest first, because one may contain another: the token of the repository, passwords in URLs of
 * any key, and what has a name such as *_TOKEN in `environment` and `vars`. Output is read line by line, so a secret of several lines is masked line
 * by line. Throws AppError `config` for more secrets than the limit.
 */
export async function secretsOf(config: TenantConfig): Promise<string[]> {
  const { environment, vars, origin } = config;
  const secrets = [await readToken(config), ...findSecretValues({ ...origin.raw, vars, environment })];
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

/**
 * Shows the value of a tenant file's key (`vars.api_token`) to people, without the secrets among `keys`, which are all of
 * the file's: masked whole where its name says that it is one.
 */
export function createKeyMask(keys: Readonly<Record<string, unknown>>): (key: string, value: unknown) => unknown {
  const known = findSecretValues(keys).filter((secret) => secret.length >= minimumLength);
  return (key, value) => {
    const [, name] = /^(?:environment|vars)\.(.*)$/.exec(key) ?? [];
    return name !== undefined && secretName.test(name) ? mask : maskTexts(value, known);
  };
}

function maskTexts(value: unknown, secrets: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((inner) => maskTexts(inner, secrets));
  if (typeof value !== 'string' || !secrets.some((secret) => value.includes(secret))) return value;
  return cleanText(value, secrets);
}

/** Those that a tenant file's keys hold: by their names in `environment` and `vars`, and in URLs everywhere. */
function findSecretValues(keys: Readonly<Record<string, unknown>>): string[] {
  const named = [keys['environment'], keys['vars']].flatMap((values) => Object.entries(Object(values)));
  return [
    ...named.filter(([name]) => secretName.test(name)).map(([, value]) => String(value)),
    ...[...textsOf(keys)].flatMap(findPasswords),
  ];
}

function* textsOf(value: unknown): Iterable<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) yield* textsOf(inner);
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
