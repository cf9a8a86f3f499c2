// `drover context remove`: removes a controller.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { contextName, findContextsFile, readContexts, requireContext, writeContexts } from '../../contexts.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: {},
  help: `A token file is left where it is.

Exit codes: 0 removed, 2 there is no such context.
`,
  input: z.object({ name: contextName }),
  async execute({ screen, env, json }, { name }) {
    const file = findContextsFile(env);
    const { current, contexts } = await readContexts(file);
    requireContext({ current, contexts }, name);
    const others = Object.fromEntries(Object.entries(contexts).filter(([other]) => other !== name));
    const next = current === name ? null : current;
    await writeContexts(file, { current: next, contexts: others });
    if (json) screen.printJson({ name, current: next });
    else screen.print(`${name} is removed${current === name ? '; there is no current context now' : ''}`);
    return 0;
  },
});
