// Which controller to use: the one that `--context` names, that of the environment, or the current context.
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import { createClient, type Client } from '../client/create_client.js';
import type { DroverContext } from './drover_command.js';
import {
  controllerUrl,
  findContextsFile,
  howToAdd,
  readContexts,
  requireContext,
  type SavedContext,
} from './contexts.js';

/** A client of that controller; nothing is sent yet. Throws AppError `config` or `usage` where there is none. */
export async function openClient(context: DroverContext): Promise<Client> {
  const { clock, random } = context;
  return createClient({ ...(await findAccess(context)), clock, random });
}

interface Access {
  url: string;
  token: string;
}

async function findAccess({ env, contextName }: DroverContext): Promise<Access> {
  const { DROVER_URL: url = '', DROVER_TOKEN: token = '' } = env;
  if (contextName === null && url !== '') return fromEnvironment(url, token);
  const contexts = await readContexts(findContextsFile(env));
  const name = contextName ?? contexts.current;
  if (name === null) {
    throw new AppError('config', 'there is no current context', { hint: howToChoose(contexts.contexts) });
  }
  const saved = requireContext(contexts, name);
  const own = contextName === null && token !== '' ? token : await readToken(saved);
  return { url: saved.url, token: own };
}

/** The token of a context is never sent to the URL of the environment. */
function fromEnvironment(url: string, token: string): Access {
  const parsed = controllerUrl.safeParse(url);
  if (!parsed.success) {
    throw new AppError('usage', `DROVER_URL ${parsed.error.issues[0]?.message ?? ''}, not ${JSON.stringify(url)}`);
  }
  if (token !== '') return { url, token };
  throw new AppError('usage', 'DROVER_URL is set, and DROVER_TOKEN is not', {
    hint: 'Set both, or unset DROVER_URL and use a context.',
  });
}

/** The token itself, or that of the file, which nobody else may read. */
export async function readToken({ token, token_file: file }: Omit<SavedContext, 'url'>): Promise<string> {
  if (token !== undefined) return token;
  const text = (await readTrustedFile(path.resolve(file ?? ''), 'secret')).toString().trim();
  if (/^\S+$/.test(text)) return text;
  throw new AppError('config', `${file}: holds ${text === '' ? 'nothing' : 'more than one word'}`, {
    hint: 'It must hold the token, and nothing else.',
  });
}

function howToChoose(contexts: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(contexts);
  return names.length === 0 ? howToAdd : `Choose one of ${names.join(', ')}: \`drover context use NAME\`.`;
}
