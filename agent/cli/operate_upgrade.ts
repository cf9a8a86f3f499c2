// What rollback, resume and cancel have in common: a command about the tenant's latest upgrade, then what comes of it.
import type { LocalRequest } from '../../shared/wire/protocol.js';
import { AppError } from '../../shared/errors.js';
import type { Result } from '../../shared/model/result.js';
import type { FoundUpgrade } from '../store/find_upgrades.js';
import type { AgentContext } from './agent_command.js';
import { openHost, withAgent } from './open_host.js';
import { scanUpgradesOf } from './scan_upgrades.js';
import { detachedExitCode, showUpgrade } from './show_upgrade.js';

type Frame = Extract<LocalRequest, { type: 'rollback' | 'resume' | 'cancel' }>;

/** Sends the command, and shows what comes after it; the exit code, by `isDone`. Throws what the agent refuses it with. */
export async function operateUpgrade(
  context: AgentContext,
  frame: Frame,
  isDone: (result: Result) => boolean,
): Promise<number> {
  const host = await openHost(context);
  const { tenant } = frame;
  return withAgent(context, host, async (connection) => {
    // What is written down before the command is asked for is an old stream, the end of an earlier attempt included.
    let before: FoundUpgrade | null = null;
    for await (const upgrade of scanUpgradesOf(host.state, context.screen, tenant)) {
      if (upgrade.progress.finish?.status === 'refused') continue;
      before = upgrade;
      break;
    }
    const answer = await connection.request(frame);
    const id = answer.type === 'answer' ? answer.upgrade : null;
    if (id === null) throw new AppError('internal', 'the agent answered without an upgrade');
    const after = before?.id === id ? before.events.length : 0;
    const result = await showUpgrade(context, { connection, id, tenant, after });
    if (result === null) return detachedExitCode;
    return isDone(result) ? 0 : 1;
  });
}
