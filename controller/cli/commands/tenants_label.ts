// `drover tenants label`: sets and removes labels of a tenant.
import { z } from 'zod';
import { labelName } from '../../../shared/model/names.js';
import { showSafely } from '../../../shared/terminal/screen/format.js';
import { tenant } from '../../../shared/terminal/inputs.js';
import { defineCommand } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { reason, reasonOption } from '../reason.js';

/** A name and a value, which is empty for a label that goes. */
const label = z.string().transform((given, context) => {
  const [name = '', value] = given.split(/=(.*)/s, 2);
  if (value !== undefined && labelName.safeParse(name).success) return { name, value };
  context.addIssue(`${JSON.stringify(given)} is no label: one such as ring=canary is meant, or ring= to remove it`);
  return z.NEVER;
});

export const command = defineCommand({
  arguments: ['<tenant>', '<label...>'],
  options: reasonOption,
  help: `Sets labels, and removes those without a value. They come before the labels of
the tenant's file, and scopes of tokens go by them alone.

Examples:
  drover tenants label testsite ring=canary customer=acme
  drover tenants label testsite customer=                   removes it

Exit codes: 0 done, 2 usage, or there is no such tenant, 3 the controller is
unreachable.
`,
  input: z.object({ tenant, label: z.array(label), reason }),
  async execute(context, { tenant: slug, label: labels, reason }) {
    const set = Object.fromEntries(labels.flatMap(({ name, value }) => (value === '' ? [] : [[name, value]])));
    const remove = labels.flatMap(({ name, value }) => (value === '' ? [name] : []));
    const client = await openClient(context);
    const labelled = await client.labelTenant(slug, { set, remove, ...reason });
    if (context.json) context.screen.printJson(labelled);
    else context.screen.print(`${slug}: ${showLabels(labelled.labels) || 'no labels'}`);
    return 0;
  },
});

const showLabels = (labels: Readonly<Record<string, string>>) =>
  showSafely(
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
  );
