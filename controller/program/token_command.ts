// `drover-controller token`: makes a token on the controller's own machine, for the first admin and for one who lost theirs.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { tokenName } from '../../shared/model/names.js';
import { roles } from '../../shared/model/roles.js';
import { checkPath } from '../../shared/os/trusted/check_path.js';
import { createAccess } from '../auth/access.js';
import { openStore } from '../store/sqlite/open_store.js';
import { loadControllerConfig } from './controller_config.js';
import { defineCommand } from './controller_command.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: {
    '--role <role>': `what it may do: ${roles.join(', ')} (default: "admin")`,
    '--scope <selection>': 'the tenants that it sees, such as "host~eu-*" (default: all)',
  },
  help: `Prints the token, for the only time: the controller keeps its hash. It works while
the controller runs, and while it does not. Other tokens are made over the API:
\`drover tokens create\`.

Examples:
  drover-controller token anna
  drover-controller token anna | drover context add prod URL --token-stdin

Exit codes: 0 made, 1 the store cannot be used, 2 usage, or the name is in use.
`,
  input: z.object({
    name: tokenName,
    role: z.enum(roles, { error: `--role is one of ${roles.join(', ')}` }).default('admin'),
    scope: z.string().optional(),
  }),
  async execute({ configFile, clock, makeId, screen, json }, { name, role, scope = null }) {
    const { data_dir: folder } = await loadControllerConfig(configFile);
    const file = path.join(folder, 'controller.db');
    if ((await checkPath(file, { mayBeMissing: true })).stats === null) {
      throw new AppError('config', `${file}: does not exist; the controller has never run here`, {
        hint: `Run it first: drover-controller run --config ${path.resolve(configFile)}`,
      });
    }
    const store = openStore(file, { clock });
    try {
      const actor = { token: null, name: 'drover-controller token', address: null, reason: null };
      const access = createAccess({ store, clock, makeId, randomBytes });
      const made = await access.makeToken({ name, role, scope, expiresInMs: null }, actor);
      if (json) screen.printJson(made);
      else screen.print(made.token);
      return 0;
    } finally {
      await store.close();
    }
  },
});
