// `drover context use`: makes another context the current one.
import { z } from 'zod';
import { contactController } from '../../contact_controller.js';
import { defineCommand } from '../../drover_command.js';
import { contextName, findContextsFile, readContexts, requireContext, writeContexts } from '../../contexts.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: {},
  help: `Makes it the current context, and connects to it. Where that fails, it is the
current one all the same. --context chooses another one for a single command.

Exit codes: 0 connected, 2 there is no such context, or its token is refused, 3
the controller is unreachable.
`,
  input: z.object({ name: contextName }),
  async execute(context, { name }) {
    const { screen, env, json } = context;
    const file = findContextsFile(env);
    const contexts = await readContexts(file);
    const saved = requireContext(contexts, name);
    await writeContexts(file, { ...contexts, current: name });
    const version = await contactController(context, saved, `${name} is now the current context`);
    if (json) screen.printJson({ name, url: saved.url, current: name, version });
    else screen.print(`Connected to ${name} (${version}); now the current context`);
    return 0;
  },
});
