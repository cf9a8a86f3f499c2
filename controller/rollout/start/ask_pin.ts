// Finds the tag and the commit of a rollout without a fleet plan: several hosts are asked, and have to agree.
import { AppError } from '../../../shared/errors.js';
import { fromErrorBody } from '../../../shared/model/error_body.js';
import type { Plan } from '../../../shared/model/plan/plan.js';
import type { Selection } from '../../../shared/selection/selection.js';
import type { AgentConnections } from '../../fleet/agent_connections.js';
import type { HostReads } from '../../store/port.js';

export interface Pin {
  version: string;
  commit: string;
}

export interface AskPinOptions {
  hosts: HostReads;
  connections: Pick<AgentConnections, 'isConnected' | 'request'>;
  makeId: () => string;
  /** How long the hosts have to answer, in milliseconds. */
  waitMs?: number;
}

/** How many hosts are asked, and how many tenants are read at a time to find them. */
const maxAsked = 3;
const pageSize = 1000;

/**
 * The pin that up to three connected hosts agree on; `commit` decides where they do not. Throws AppError `offline`,
 * `moved-tag`, `invalid` for a selection that matches nothing, `unreachable` where none answers in time, or the error of the
 * host that could not say.
 */
export async function askPin(
  options: AskPinOptions,
  wish: { version: string | null; commit: string | null; selection: Selection | null; signal: AbortSignal },
): Promise<Pin> {
  const { version, commit, selection } = wish;
  const asked = await chooseTenants(options, selection);
  const { waitMs = 60_000 } = options;
  const limit = AbortSignal.timeout(waitMs);
  const signal = AbortSignal.any([wish.signal, limit]);
  const answers = await Promise.allSettled(asked.map((one) => askOne(options, one, { version, signal })));
  const pins = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const [first] = pins;
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (first === undefined) {
    if (failed?.reason === limit.reason) throw silentHosts(asked, waitMs);
    throw failed?.reason ?? new AppError('internal', 'no host was asked for the tag');
  }
  if (commit !== null) {
    const own = pins.find((pin) => pin.commit === commit);
    if (own !== undefined) return { version: own.version, commit };
    throw new AppError(
      'moved-tag',
      `no host that was asked has ${first.version} at ${commit}, but at ${first.commit}`,
      {
        hint: 'Name the commit that the tag is at.',
      },
    );
  }
  const other = pins.find((pin) => pin.commit !== first.commit || pin.version !== first.version);
  if (other === undefined) return { version: first.version, commit: first.commit };
  throw new AppError(
    'moved-tag',
    `hosts disagree: ${first.host} has ${first.version} at ${first.commit.slice(0, 12)}, ${other.host} has ${other.version} at ${other.commit.slice(0, 12)}`,
    { hint: `Find out which is right, and name it: \`--commit ${first.commit}\`.` },
  );
}

/** One tenant each of as many connected hosts. */
async function chooseTenants(
  { hosts, connections }: AskPinOptions,
  where: Selection | null,
): Promise<{ slug: string; host: string }[]> {
  const chosen = new Map<string, string>();
  let looked = 0;
  for (let cursor: string | undefined; ; ) {
    const { items, next } = await hosts.listTenants({
      limit: pageSize,
      where,
      ...(cursor === undefined ? {} : { cursor }),
    });
    looked += items.length;
    for (const { slug, host, report } of items) {
      if (chosen.size >= maxAsked) break;
      if (report !== null && !chosen.has(host) && connections.isConnected(host)) chosen.set(host, slug);
    }
    if (next === null || chosen.size >= maxAsked) break;
    cursor = next;
  }
  if (looked === 0) {
    throw new AppError('invalid', 'the selection matches no tenant', {
      hint: '`drover tenants --where` shows what one matches.',
    });
  }
  if (chosen.size > 0) return [...chosen].map(([host, slug]) => ({ host, slug }));
  throw new AppError('offline', `none of the hosts of these ${looked} tenants is connected`, {
    hint: 'The tag is looked up by a host. `drover hosts` shows which are connected.',
  });
}

function silentHosts(asked: readonly { host: string }[], waitMs: number): AppError {
  const named = asked.map(({ host }) => host).join(', ');
  return new AppError('unreachable', `none of ${named} has said within ${waitMs / 1000} s where the tag is`, {
    hint: 'Their remotes may be slow: start it again, or make a fleet plan first (`drover rollout plan`), which waits longer.',
  });
}

async function askOne(
  { connections, makeId }: AskPinOptions,
  { slug, host }: { slug: string; host: string },
  { version, signal }: { version: string | null; signal: AbortSignal },
): Promise<Pin & { host: string }> {
  const request = { version, force: false, allow_downgrade: false, from: null, commit: null };
  const frame = { type: 'plan', request_id: makeId(), tenant: slug, request } as const;
  const answer = await connections.request(host, frame, signal);
  if (answer.error !== null) throw fromErrorBody(answer.error);
  const plan: Plan | null = answer.type === 'plan_result' ? answer.plan : null;
  if (plan?.target) {
    if (version === null || plan.target.version === version) return { ...plan.target, host };
    throw new AppError('protocol', `${host} was asked for ${version}, and answered with ${plan.target.version}`);
  }
  const [blocker] = plan?.blockers ?? [];
  if (blocker !== undefined) throw fromErrorBody(blocker);
  throw new AppError('protocol', `${host} answered a plan request without a plan`);
}
