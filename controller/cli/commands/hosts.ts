// `drover hosts`: the hosts of the fleet.
import { z } from 'zod';
import { defineCommand } from '../drover_command.js';
import { listAll } from '../list_all.js';
import { openClient } from '../open_client.js';
import { renderHosts } from '../render/render_hosts.js';
import { host } from '../../../shared/terminal/inputs.js';

export const command = defineCommand({
  arguments: ['[host]'],
  options: {},
  help: `A host is offline while its agent is not connected, joined while it never has been,
and revoked or quarantined while its key is refused. Times are UTC.

Examples:
  drover hosts
  drover hosts --json | jq -r '.hosts[] | select(.state != "connected") | .host'

Exit codes: 0 listed, 2 there is no such host, 3 the controller is unreachable.
`,
  input: z.object({ host: host.optional() }),
  async execute(context, { host }) {
    const client = await openClient(context);
    const hosts = host === undefined ? await listAll(client.listHosts) : [await client.findHost(host)];
    const { screen } = context;
    if (!context.json) screen.print(renderHosts(hosts, screen));
    else screen.printJson(host === undefined ? { hosts } : hosts[0]);
    return 0;
  },
});
