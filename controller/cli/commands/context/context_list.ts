// `drover context list`: your controllers.
import { z } from 'zod';
import { alignColumns } from '../../../../shared/terminal/screen/format.js';
import { defineCommand } from '../../drover_command.js';
import { findContextsFile, howToAdd, readContexts } from '../../contexts.js';

export const command = defineCommand({
  arguments: [],
  options: {},
  help: `Tokens stay hidden.

Exit codes: 0 listed, 2 the file of contexts is wrong.
`,
  input: z.object({}),
  async execute({ screen, env, json }) {
    const { current, contexts } = await readContexts(findContextsFile(env));
    const known = Object.entries(contexts);
    if (json) {
      const shown = known.map(([name, { url, token_file: file }]) => ({ name, url, token_file: file ?? null }));
      screen.printJson({ current, contexts: shown });
    } else if (known.length === 0) {
      screen.print(`There is no context yet.\n${howToAdd}`);
    } else {
      const rows = known.map(([name, { url }]) => [name === current ? '*' : ' ', screen.style.bold(name), url]);
      screen.print(alignColumns(rows).join('\n'));
    }
    return 0;
  },
});
