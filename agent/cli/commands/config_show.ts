// `drover-agent config show`: a tenant's effective configuration, and where each value comes from.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { alignColumns, showSafely } from '../../../shared/terminal/format.js';
import { tenant } from '../../../shared/terminal/inputs.js';
import { listEffective } from '../../config/effective.js';
import { listTenantFiles } from '../../config/list_tenant_files.js';
import { loadAgentConfig } from '../../config/load.js';
import { maskVariable } from '../../config/secrets.js';
import { readTenantSources } from '../../config/tenant_sources.js';
import { defineCommand } from '../agent_command.js';
import { requireTenantIn } from '../require_tenant.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: {},
  help: `Reads files only. Values are shown as they count: the defaults of agent.yaml merged
in, {names} filled in, and Drover's own defaults added. Secrets are masked.
\`drover-agent check\` says what is wrong with them.

Examples:
  drover-agent config show testsite
  drover-agent config show testsite --json | jq '.keys[] | select(.key == "health.url")'

Exit codes: 0 shown, 2 there is no such tenant, or its file cannot be read.
`,
  input: z.object({ tenant }),
  async execute({ screen, json, configFile }, { tenant }) {
    const config = await loadAgentConfig(configFile);
    const sources = await readTenantSources(config, await listTenantFiles(config.tenants_dir));
    requireTenantIn(sources, { slug: tenant, folder: config.tenants_dir });
    const found = sources.find(({ slug }) => slug === tenant);
    if (found?.source === null || found === undefined) throw found?.error ?? new AppError('internal', 'no source');
    const keys = listEffective(found.source).map(({ key, value, origin }) => ({
      key,
      value: hide(key, value),
      origin,
    }));
    if (json) screen.printJson({ tenant, file: found.file, keys });
    else {
      const rows = keys.map(({ key, value, origin }) => [
        key,
        showSafely(typeof value === 'string' ? value : JSON.stringify(value)),
        screen.style.dim(origin === null ? 'default' : showSafely(origin)),
      ]);
      screen.print(alignColumns(rows).join('\n'));
    }
    return 0;
  },
});

/** Only variables can hold secrets: all others are in files. */
function hide(key: string, value: unknown): unknown {
  const [, name] = /^environment\.(.*)$/.exec(key) ?? [];
  return name === undefined ? value : maskVariable(name, String(value));
}
