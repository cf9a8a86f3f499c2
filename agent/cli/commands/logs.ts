// `drover-agent logs`: the stream of an upgrade, from its journal; live where it is under way.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import type { LocalConnection } from '../../local/connect_agent.js';
import { isUpgradeId, type FoundUpgrade } from '../../store/find_upgrades.js';
import { currentUser } from '../../command/user.js';
import { noOpenJournals } from '../../store/open_journals.js';
import { openStream } from '../../store/open_stream.js';
import type { StreamItem } from '../../../shared/model/stream_item.js';
import { readStream } from '../../store/read_stream.js';
import { defineCommand, type AgentContext } from '../agent_command.js';
import { followUpgrade } from '../follow_upgrade.js';
import { flag, tenant } from '../../../shared/terminal/inputs.js';
import { openHost, type OpenHost } from '../open_host.js';
import { createPlainRenderer } from '../../../shared/terminal/plain_stream.js';
import { requireTenant } from '../require_tenant.js';
import { isUnfinished, scanUpgradesOf } from '../scan_upgrades.js';
import { detachedExitCode } from '../show_upgrade.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: {
    '-f, --follow': 'go on live until the upgrade has ended',
    '--id <id>': 'the upgrade of this id, rather than the one under way or the latest',
  },
  help: `Times are UTC. With --json each line is one object: {"event": …} or {"output":
…}.

Examples:
  drover-agent logs testsite --follow
  drover-agent logs testsite --id 019ab6a1-7f00-7cc1-9a8e-2f0d7d3c5b11

Exit codes: 0 told, 2 there is no such upgrade, 3 the agent that was followed
went away, 130 no longer watched (Ctrl-C).
`,
  input: z.object({
    tenant,
    follow: flag,
    id: z.string().refine(isUpgradeId, { error: '--id wants the id of an upgrade (a UUIDv7)' }).optional(),
  }),
  async execute(context, { tenant, follow, id }) {
    const host = await openHost(context);
    const upgrade = await chooseUpgrade(context, host, { tenant, id });
    const print = createPrinter(context);
    const isLive = follow && isUnfinished(upgrade);
    const connection = isLive ? await connectToAgent(host) : null;
    if (connection !== null) return followLive(context, { connection, upgrade, print });
    const source = await openStream(
      { state: host.state, journals: noOpenJournals, agentUid: currentUser().uid, clock: context.clock },
      upgrade.id,
    );
    for await (const item of readStream(source, { events: 0, outputs: {} }, new AbortController().signal)) print(item);
    if (isUnfinished(upgrade) && !isLive) context.screen.noteToPerson('It is not over; --follow goes on live.');
    if (isLive) throw interrupted(upgrade);
    return 0;
  },
});

/** The one that is asked for; otherwise the one under way (a refused one may be newer), otherwise the latest. */
async function chooseUpgrade(
  { screen }: AgentContext,
  host: OpenHost,
  { tenant, id }: { tenant: string; id: string | undefined },
): Promise<FoundUpgrade> {
  let latest: FoundUpgrade | null = null;
  for await (const upgrade of scanUpgradesOf(host.state, screen, tenant)) {
    if (id === undefined ? isUnfinished(upgrade) : upgrade.id === id) return upgrade;
    if (id === undefined) latest ??= upgrade;
  }
  if (latest !== null) return latest;
  await requireTenant(host, tenant);
  throw new AppError(
    'unknown-upgrade',
    id === undefined ? `${tenant} has had no upgrade yet` : `${tenant} has no upgrade ${id}, or its journal is gone`,
    { hint: `\`drover-agent status ${tenant}\` lists its upgrades; a queued one has a stream once it begins.` },
  );
}

/** Null where no agent runs. A stream that is over needs none, so the way to it is loaded only here. */
async function connectToAgent({ state }: OpenHost): Promise<LocalConnection | null> {
  const { connectAgent } = await import('../../local/connect_agent.js');
  return connectAgent(state.socket);
}

function createPrinter({ screen, json }: AgentContext): (item: StreamItem) => void {
  const renderer = createPlainRenderer();
  return (item) => {
    const text = json ? JSON.stringify(item) : renderer.render(item);
    if (text !== null) screen.print(text);
  };
}

async function followLive(
  context: AgentContext,
  options: { connection: LocalConnection; upgrade: FoundUpgrade; print: (item: StreamItem) => void },
): Promise<number> {
  const { connection, upgrade, print } = options;
  const leaving = new AbortController();
  context.onSignal('SIGINT', () => leaving.abort());
  // An earlier end of the same upgrade (it was rolled back, or resumed) is not the end.
  const after = upgrade.events.findLast(({ type }) => type === 'finish')?.n ?? 0;
  try {
    await followUpgrade({
      connection,
      id: upgrade.id,
      after,
      showsAll: true,
      signal: leaving.signal,
      onItem: print,
      events: [],
    });
    return 0;
  } catch (error) {
    if (leaving.signal.aborted) return detachedExitCode;
    throw error;
  } finally {
    connection.close();
  }
}

function interrupted({ id, begin: { tenant } }: FoundUpgrade): AppError {
  return new AppError('unreachable', `the upgrade ${id} of ${tenant} was interrupted, and no agent runs`, {
    hint: 'It goes on as soon as one does: `drover-agent run`.',
  });
}
