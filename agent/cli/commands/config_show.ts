// `drover-agent config show`: a tenant's effective configuration, and where each value comes from.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { alignColumns, showSafely } from '../../../shared/terminal/screen/format.js';
import { tenant } from '../../../shared/terminal/inputs.js';
import { listEffective } from '../../config/tenant_file/effective.js';
import { listTenantFiles } from '../../config/list_tenant_files.js';
import { loadAgentConfig } from '../../config/load.js';
import { createKeyMask } from '../../config/tenant_file/secrets.js';
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
    const { source } = found;
    const maskKey = createKeyMask(source.value);
    const keys = listEffective(source).map(({ key, value, origin }) => ({
      key,
      value: maskKey(key, value),
      origin,
    }));
    if (json) screen.printJson({ tenant, file: found.file, keys });
    else {
      const rows = keys.map(({ key, value, origin }) => [
        key,
        showValue(value),
        screen.style.dim(origin === null ? 'default' : showSafely(origin)),
      ]);
      screen.print(alignColumns(rows).join('\n'));
    }
    return 0;
  },
});

/** A text that the terminal would show in another way is quoted, as in JSON. */
function showValue(value: unknown): string {
  const isPlain = typeof value === 'string' && value === showSafely(value) && !value.includes('\n');
  return isPlain ? value : showSafely(JSON.stringify(value));
}
