// The contexts of an operator, each a controller with a token: a file that nobody else may read.
import path from 'node:path';
import { z } from 'zod';
import { parseConfig } from '../../shared/config/parse_config.js';
import { readYaml, toYaml } from '../../shared/config/yaml.js';
import { AppError } from '../../shared/errors.js';
import { checkPath } from '../../shared/os/trusted/check_path.js';
import { makeTrustedFolder } from '../../shared/os/trusted/folder.js';
import { replaceTrustedFile } from '../../shared/os/trusted/write_file.js';

const isWithoutUser = ({ username, password }: URL) => username === '' && password === '';
const urlMessage = 'must be a URL such as https://drover.example.com';

export const controllerUrl = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), { error: urlMessage })
  .refine((text) => !URL.canParse(text) || isWithoutUser(new URL(text)), {
    error: 'must hold no name and no password: the token is given beside it',
  });

export const contextName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
  error: ({ input }) => `${JSON.stringify(input)} is no name of a context: a word such as prod is meant`,
});

const contextSchema = z
  .strictObject({ url: controllerUrl, token: z.string().min(1).optional(), token_file: z.string().min(1).optional() })
  .refine(({ token, token_file: file }) => (token === undefined) !== (file === undefined), {
    error: 'must have either token or token_file',
  });
export type SavedContext = z.infer<typeof contextSchema>;

const contextsSchema = z.strictObject({
  current: z.string().nullable().default(null),
  contexts: z.record(z.string(), contextSchema).default({}),
});
export type Contexts = z.infer<typeof contextsSchema>;

type Env = Readonly<Record<string, string | undefined>>;

/** Where the file is, whether it exists or not. Throws AppError `config` without a home. */
export function findContextsFile({ XDG_CONFIG_HOME: configHome = '', HOME: home = '' }: Env): string {
  if (configHome !== '') return path.resolve(configHome, 'drover/contexts.yaml');
  if (home !== '') return path.resolve(home, '.config/drover/contexts.yaml');
  throw new AppError('config', 'there is no place for contexts: neither XDG_CONFIG_HOME nor HOME is set', {
    hint: 'Set HOME, or set DROVER_URL and DROVER_TOKEN.',
  });
}

/** None where the file is missing. Throws AppError `config` for one that is wrong, or that others can read. */
export async function readContexts(file: string): Promise<Contexts> {
  const { stats } = await checkPath(file, { mayBeMissing: true });
  if (stats === null) return { current: null, contexts: {} };
  return parseConfig(contextsSchema, await readYaml(file, 'secret'));
}

/** Writes the file as a whole, for its owner alone. */
export async function writeContexts(file: string, contexts: Contexts): Promise<void> {
  await makeTrustedFolder(path.dirname(file), { newMode: 0o700 });
  await replaceTrustedFile(file, toYaml(contexts), { mode: 0o600 });
}

/** The context of this name. Throws AppError `usage` with the names that there are. */
export function requireContext({ contexts }: Contexts, name: string): SavedContext {
  const found = Object.entries(contexts).find(([known]) => known === name)?.[1];
  if (found !== undefined) return found;
  const names = Object.keys(contexts);
  throw new AppError('usage', `there is no context ${JSON.stringify(name)}`, {
    hint: names.length === 0 ? howToAdd : `There is ${names.join(', ')}; \`drover context add\` adds another.`,
  });
}

export const howToAdd =
  'Add one: `drover context add prod https://drover.example.com --token-file FILE`\nor set DROVER_URL and DROVER_TOKEN.';
