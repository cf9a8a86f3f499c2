// `drover context add`: adds a controller, or changes it.
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { defineCommand, type DroverContext } from '../../drover_command.js';
import {
  contextName,
  controllerUrl,
  findContextsFile,
  readContexts,
  writeContexts,
  type SavedContext,
} from '../../contexts.js';
import { urlWord } from '../../url_word.js';
import { contactController } from '../../contact_controller.js';
import { readToken } from '../../open_client.js';

export const command = defineCommand({
  arguments: ['<name>', '<url>'],
  options: {
    '--token-file <path>': 'the file that holds the token; it is read each time',
    '--token-stdin': 'read the token from standard input, and keep it',
  },
  help: `Saves the controller, and connects to it. The first context is the current one.
Contexts are kept in ~/.config/drover/contexts.yaml, which only you can read. A
token is never given as a word of the command: others could see it.

Examples:
  drover context add prod https://drover.example.com --token-file ~/drover-token
  pass show drover | drover context add prod https://drover.example.com --token-stdin

Exit codes: 0 connected, 2 usage, or the token is refused, 3 the controller is
unreachable.
`,
  input: z.object({
    name: contextName,
    url: urlWord('the URL of the controller', controllerUrl),
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
    const version = await contactController(context, { url, ...access }, `${name} is saved`);
    const isCurrent = chosen === name;
    const how = isCurrent ? 'now the current context' : `\`drover context use ${name}\` makes it the current context`;
    if (json) screen.printJson({ name, url, current: chosen, version });
    else screen.print(`Connected to ${name} (${version}); ${how}`);
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
