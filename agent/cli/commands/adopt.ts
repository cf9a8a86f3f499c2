// `drover-agent adopt`: takes a tenant that was installed by hand under the record.
import { z } from 'zod';
import { optionalTag, tenant } from '../../../shared/terminal/inputs.js';
import { showHash } from '../../../shared/terminal/screen/format.js';
import { readRecord } from '../../store/tenant_record.js';
import { defineCommand } from '../agent_command.js';
import { connectToAgent, openHost } from '../open_host.js';
import { requireTenant } from '../require_tenant.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: { '--from <tag>': 'the version that it counts as, where the work tree does not tell it' },
  help: `Records the tenant's version, and the migrations of that version as applied.
Nothing of the tenant is touched. A tenant that has a record keeps it. The first
upgrade does the same by itself; adopt earlier to see what it will start from.

Examples:
  drover-agent adopt testsite
  drover-agent adopt testsite --from v0.3.0

Exit codes: 0 it has a record, 2 refused, 3 the agent disconnected.
`,
  input: z.object({ tenant, from: optionalTag }),
  async execute(context, { tenant, from }) {
    const host = await openHost(context);
    await requireTenant(host, tenant);
    const file = host.state.recordFile(tenant);
    const isNew = (await readRecord(file)) === null;
    const connection = await connectToAgent(context, host);
    try {
      await connection.request({ type: 'adopt', request_id: context.makeId(), tenant, from });
    } finally {
      connection.close();
    }
    const { screen, json } = context;
    const record = await readRecord(file);
    if (record === null) return 1;
    const { version, commit, applied_migrations: applied } = record;
    const about = { tenant, version, commit, adopted: isNew, applied_migrations: applied.length };
    if (json) screen.printJson(about);
    else screen.print(describe(about));
    return 0;
  },
});

function describe(about: {
  tenant: string;
  version: string;
  commit: string;
  adopted: boolean;
  applied_migrations: number;
}): string {
  const { tenant, version, commit, adopted, applied_migrations: applied } = about;
  const place = `${version} (${showHash(commit)})`;
  if (!adopted) return `${tenant} is on record already, at ${place}.`;
  return `${tenant} is on record at ${place}; ${applied} of its migrations count as applied.`;
}
