// `drover join-tokens list`: the tokens with which hosts join.
import { z } from 'zod';
import { showTime } from '../../../../shared/os/clock.js';
import { alignColumns, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { JoinTokenView } from '../../../../shared/wire/joining_api.js';
import { defineCommand } from '../../drover_command.js';
import { listAll } from '../../list_all.js';
import { openClient } from '../../open_client.js';

export const command = defineCommand({
  arguments: [],
  options: {},
  help: `The newest first; the tokens themselves are shown only when they are made. Times
are UTC.

Exit codes: 0 listed, 2 not allowed, 3 the controller is unreachable.
`,
  input: z.object({}),
  async execute(context) {
    const { screen, json, clock } = context;
    const client = await openClient(context);
    const tokens = await listAll(client.listJoinTokens);
    if (json) screen.printJson({ join_tokens: tokens });
    else if (tokens.length === 0) screen.print('There is no join token: `drover join-tokens create` makes one.');
    else screen.print(renderTokens(tokens, { now: clock.now(), width: screen.width }));
    return 0;
  },
});

function renderTokens(tokens: readonly JoinTokenView[], { now, width }: { now: Date; width: number | null }): string {
  const head = ['ID', 'HOSTS', 'USES LEFT', 'STATE', 'MADE BY'];
  const rows = tokens.map((token) => [
    token.id,
    token.hosts === null ? 'any new' : showSafely(token.hosts.join(', ')),
    `${token.uses_left} of ${token.uses}`,
    describeState(token, now),
    showSafely(token.created_by ?? '-'),
  ]);
  return alignColumns([head, ...rows], width).join('\n');
}

function describeState({ revoked_at: revokedAt, expires_at: expiresAt, uses_left: left }: JoinTokenView, now: Date) {
  if (revokedAt !== null) return `revoked at ${showTime(revokedAt)}`;
  if (Date.parse(expiresAt) <= now.getTime()) return `expired at ${showTime(expiresAt)}`;
  return left === 0 ? 'used up' : `good until ${showTime(expiresAt)}`;
}
