// `drover context add`: adds a controller, or changes it.
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { defineCommand, type DroverContext } from '../drover_command.js';
import {
  contextName,
  controllerUrl,
  findContextsFile,
  readContexts,
  writeContexts,
  type SavedContext,
} from '../contexts.js';
import { readToken } from '../open_client.js';

export const command = defineCommand({
  arguments: ['<name>', '<url>'],
  options: {
    '--token-file <path>': 'the file that holds the token; it is read each time',
    '--token-stdin': 'read the token from standard input, and keep it',
  },
  help: `The first context is also chosen. Contexts are kept in
~/.config/drover/contexts.yaml, which only you can read. A token is never given
as a word of the command: others could see it.

Examples:
  drover context add prod https://drover.example.com --token-file ~/drover-token
  pass show drover | drover context add prod https://drover.example.com --token-stdin

Exit codes: 0 added, 2 usage.
`,
  input: z.object({
    name: contextName,
    url: controllerUrl,
    tokenFile: z.string().min(1, { error: '--token-file wants a path' }).optional(),
    tokenStdin: z.boolean().default(false),
  }),
  async execute(context, { name, url, tokenFile, tokenStdin }) {
    const { screen, env, json } = context;
    const access = await chooseToken(context, { tokenFile, tokenStdin });
    const file = findContextsFile(env);
    const { current, contexts } = await readContexts(file);
    const chosen = current ?? name;
    await writeContexts(file, { current: chosen, contexts: { ...contexts, [name]: { url, ...access } } });
    if (json) screen.printJson({ name, url, current: chosen });
    else {
      const isChosen = chosen === name;
      screen.print(`${name} is ${url}${isChosen ? ', and chosen' : `; \`drover context use ${name}\` chooses it`}.`);
    }
    return 0;
  },
});

async function chooseToken(
  { stdin }: DroverContext,
  { tokenFile, tokenStdin }: { tokenFile: string | undefined; tokenStdin: boolean },
): Promise<Omit<SavedContext, 'url'>> {
  if ((tokenFile === undefined) === !tokenStdin) {
    throw new AppError('usage', 'choose one of --token-file and --token-stdin', {
      hint: 'The token is that of the controller; whoever runs it has it.',
    });
  }
  if (tokenFile !== undefined) {
    const access = { token_file: path.resolve(tokenFile) };
    await readToken(access);
    return access;
  }
  const token = (await text(stdin)).trim();
  if (/^\S+$/.test(token)) return { token };
  throw new AppError('usage', `standard input holds ${token === '' ? 'nothing' : 'more than one word'}`, {
    hint: 'It must hold the token, and nothing else.',
  });
}
