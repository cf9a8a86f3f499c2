// `drover join-tokens create`: makes a token with which hosts join.
import { z } from 'zod';
import { hostPattern } from '../../../../shared/model/names.js';
import { showTime } from '../../../../shared/os/clock.js';
import { duration } from '../../../../shared/config/values.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';

export const command = defineCommand({
  arguments: [],
  options: {
    '--host <names>': 'the hosts that may join with it, with commas: "web-1", "web-*" (default: any new host)',
    '--uses <number>': 'so many hosts may join with it (default: 1)',
    '--expires-in <time>': 'how long it is good for, at most 30d (default: 1h)',
    ...reasonOption,
  },
  help: `Prints the token on standard output, for the only time, and says which command
joins a host with it. A host that has joined before needs a token that names it
in full.

Examples:
  drover join-tokens create --host web-17 >token
  drover join-tokens create --host "web-*" --uses 20 --expires-in 8h

Exit codes: 0 made, 2 usage or not allowed, 3 the controller is unreachable.
`,
  input: z.object({
    host: z
      .string()
      .transform((names) => names.split(',').map((name) => name.trim()))
      .pipe(z.array(hostPattern))
      .optional(),
    uses: z.coerce
      .number({ error: '--uses is a whole number from 1 on' })
      .int({ error: '--uses is a whole number from 1 on' })
      .min(1, { error: '--uses is a whole number from 1 on' })
      .default(1),
    expiresIn: duration.prefault('1h'),
    reason,
  }),
  async execute(context, { host, uses, expiresIn, reason }) {
    const { screen, json } = context;
    const client = await openClient(context);
    const made = await client.makeJoinToken({
      hosts: host ?? null,
      uses,
      expires_in_s: Math.ceil(expiresIn / 1000),
      ...reason,
    });
    if (json) screen.printJson(made);
    else {
      screen.print(made.token);
      screen.noteToPerson(`Good until ${showTime(made.expires_at)} UTC. On the host, with this token as its input:`);
      screen.noteToPerson(`  ${made.command}`);
    }
    return 0;
  },
});
