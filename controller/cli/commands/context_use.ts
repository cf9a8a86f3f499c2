// `drover context use`: makes another context the current one.
import { z } from 'zod';
import { defineCommand } from '../drover_command.js';
import { contextName, findContextsFile, readContexts, requireContext, writeContexts } from '../contexts.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: {},
  help: `--context chooses another one for a single command.

Exit codes: 0 chosen, 2 there is no such context.
`,
  input: z.object({ name: contextName }),
  async execute({ screen, env, json }, { name }) {
    const file = findContextsFile(env);
    const contexts = await readContexts(file);
    const { url } = requireContext(contexts, name);
    await writeContexts(file, { ...contexts, current: name });
    if (json) screen.printJson({ name, url, current: name });
    else screen.print(`${name} (${url}) is now the current context`);
    return 0;
  },
});
