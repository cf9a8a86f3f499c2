// The operations of `drover-agent`: requests over the local socket, streams from the agent or from the journals on disk.
import { AppError } from '../../shared/errors.js';
import { deriveResult } from '../../shared/model/journal/derive_result.js';
import type { Result } from '../../shared/model/result.js';
import type { UpgradeOutline } from '../../shared/model/upgrade_outline.js';
import { isId } from '../../shared/terminal/inputs.js';
import type { Operations, Started } from '../../shared/terminal/operations.js';
import type { LocalRequest } from '../../shared/wire/protocol.js';
import { currentUser } from '../command/user.js';
import type { LocalConnection } from '../local/connect_agent.js';
import { findUpgrade } from '../store/find_upgrades.js';
import type { StateFolder } from '../store/state_folder.js';
import type { AgentContext } from './agent_command.js';
import { findJournal, findStarted, findTenantOf } from './find_target.js';
import { followLocally } from './follow_locally.js';
import { connectToAgent, openHost } from './open_host.js';
import { outlineUpgrade } from './outline_upgrade.js';
import { readHookRuns } from './read_hook_runs.js';
import { requireTenant } from './require_tenant.js';
import { scanUpgradesOf } from './scan_upgrades.js';

type Answered = Exclude<LocalRequest, { type: 'stored' }>;

/** Opens the host; connects to its agent, or starts one, with the first request. Throws AppError `config`. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export async function openLocalOperations(
  context: Pick<AgentContext, 'configFile' | 'program' | 'screen' | 'makeId' | 'clock'>,
): Promise<Operations> {
  const { screen, makeId, clock } = context;
  const host = await openHost(context);
  const { state, config } = host;
  const followed = { config, state, clock, agentUid: currentUser().uid };
  const agent = createRequests(() => connectToAgent(context, host));
  /** The agent sends the end of these; others may have ended already. */
  const requested = new WeakSet<Started>();

  function start({ id, tenant }: Pick<Started, 'id' | 'tenant'>, isOwn: Started['isOwn']): Started {
    const started = { id, tenant, result: queuedResult(id, tenant), isOwn };
    requested.add(started);
    return started;
  }

  return {
    async plan(tenant, request) {
      const answer = await agent.request({ type: 'plan', request_id: makeId(), tenant, request });
      if (answer.type === 'plan_result' && answer.plan !== null) return answer.plan;
      throw new AppError('internal', 'the agent answered without a plan');
    },
    async upgrade(tenant, request) {
      const id = await agent.requestUpgrade({ type: 'upgrade', id: makeId(), tenant, request });
      return start({ id, tenant }, () => true);
    },
    async rollback(tenant, { restoreDatabase }) {
      const own = makeId();
      const ids = { request_id: makeId(), id: own };
      const id = await agent.requestUpgrade({ type: 'rollback', ...ids, tenant, restore_database: restoreDatabase });
      return start({ id, tenant }, (event) => event.type === 'rollback' && event.id === own);
    },
    async cancel(target, { force }) {
      // An agent makes the folders that are looked into here.
      await agent.connect();
      const tenant = isId(target) ? await findTenantOf(host, target, clock) : target;
      const before = isId(target) ? findUpgrade(state, target) : await findStarted(host, tenant, screen);
      const which = isId(target) ? { id: target } : {};
      const id = await agent.requestUpgrade({ type: 'cancel', request_id: makeId(), tenant, force, ...which });
      return start({ id, tenant }, firstCancel(id === before?.id ? before.events.length : 0));
    },
    async resume(tenant, { accept }) {
      const own = makeId();
      const id = await agent.requestUpgrade({ type: 'resume', request_id: own, tenant, accept });
      return start({ id, tenant }, (event) => event.type === 'resume' && event.id === own);
    },
    async mark(tenant, mark) {
      await agent.request({ type: 'mark', request_id: makeId(), tenant, ...mark });
    },
    listHookRuns: (tenant) => readHookRuns(host, tenant, screen),
    // The record has the present one, and the journals those of upgrades.
    listVersions: async () => null,
    async listUpgrades(tenant) {
      const upgrades: UpgradeOutline[] = [];
      for await (const upgrade of scanUpgradesOf(state, screen, tenant)) upgrades.push(outlineUpgrade(upgrade));
      if (upgrades.length === 0) await requireTenant(host, tenant);
      return upgrades;
    },
    async find(target) {
      const { id, begin, events } = await findJournal(host, target, screen);
      const lastEnd = events.findLast(({ type }) => type === 'finish')?.n ?? 0;
      return { id, tenant: begin.tenant, result: deriveResult(events), isOwn: ({ n }) => n > lastEnd };
    },
    follow: (started, following) =>
      followLocally(
        { host: followed, started, isRequested: requested.has(started), connect: () => connectIfRunning(state) },
        following,
      ),
    close: () => agent.close(),
  };
}

/** Requests over one connection, which the first of them makes. */
function createRequests(open: () => Promise<LocalConnection>) {
  let connection: LocalConnection | null = null;
  async function connect(): Promise<LocalConnection> {
    connection ??= await open();
    return connection;
  }
  return {
    connect,
    request: async (request: Answered) => (await connect()).request(request),
    /** The upgrade that the agent answered with. */
    async requestUpgrade(request: Answered): Promise<string> {
      const answer = await (await connect()).request(request);
      if (answer.type === 'answer' && answer.upgrade !== null) return answer.upgrade;
      throw new AppError('internal', 'the agent answered without an upgrade');
    },
    close() {
      connection?.close();
      connection = null;
    },
  };
}

/** Loaded here: what reads journals alone needs no socket, and starts fast. */
async function connectIfRunning({ socket }: StateFolder): Promise<LocalConnection | null> {
  const { connectAgent } = await import('../local/connect_agent.js');
  return connectAgent(socket);
}

/**
 * The first cancel after the events that were there before. Of an upgrade without a journal every event is: one that was
 * cancelled in the queue has no such event.
 */
function firstCancel(known: number): Started['isOwn'] {
  return (event) => known === 0 || (event.n > known && event.type === 'cancel');
}

function queuedResult(id: string, tenant: string): Result {
  return { ...deriveResult([]), id, tenant, status: 'queued' };
}
