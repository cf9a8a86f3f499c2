// Begins an upgrade: plans it, and writes the journal's first events. A refused upgrade has a journal of two events.
import path from 'node:path';
import { AppError, toAppError, forOutside } from '../../shared/errors.js';
import { maskError } from '../../shared/model/error_body.js';
import type { EventBody, EventOf } from '../../shared/model/events.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { Plan } from '../../shared/model/plan.js';
import { createProbe } from '../command/probe.js';
import { freezeTenant, type TenantConfig } from '../config/tenant_config.js';
import { secretsOf } from '../config/secrets.js';
import { fitPlan } from '../../shared/model/fit_plan.js';
import { readRecord } from '../store/tenant_record.js';
import type { Host } from './host.js';
import { describeFinish } from './describe.js';
import { openFeatures } from './features.js';
import { noteBegin } from '../store/begin_order.js';
import { createJournal, type Journal } from '../store/journal.js';
import { makePlan } from './plan/make_plan.js';
import { refusalFailure } from '../../shared/model/result.js';

/** The plan of an upgrade. Does not touch the tenant. `id` is the upgrade's, if there is one. */
export async function planUpgrade(
  host: Host,
  { config, request, id = 'plan' }: { config: TenantConfig; request: UpgradeRequest; id?: string },
): Promise<Plan> {
  const { agentUser, clock, shutdown } = host;
  const features = await openFeatures(host, { config, id });
  const record = await readRecord(features.places.recordFile);
  const probe = createProbe({ agentUid: agentUser.uid, signal: shutdown });
  const planning = { host: host.name, config, features, record, request, probe, signal: shutdown, now: clock.now() };
  const secrets = await secretsOf(config);
  try {
    const plan = fitPlan(await makePlan(planning), secrets);
    if (plan !== null) return plan;
  } catch (error) {
    shutdown.throwIfAborted();
    throw maskError(error, secrets);
  }
  throw new AppError('internal', `the plan for ${config.slug} is not valid`);
}

export interface Beginning {
  host: Host;
  id: string;
  tenant: string;
  request: UpgradeRequest;
  /** The tenant's configuration; throws AppError where the upgrade is refused before it is planned. */
  admit: () => Promise<TenantConfig>;
}

/**
 * Makes the journal of an upgrade. Where the upgrade is refused or has nothing to do, the journal is written to its
 * end. Events that the disk refuses are held. Throws where no journal can be made; then it may be called again.
 */
export async function beginUpgrade({ host, id, tenant, request, admit }: Beginning): Promise<Journal> {
  let config: TenantConfig | null = null;
  let plan: Plan | null = null;
  let refusal: AppError | null = null;
  try {
    config = await admit();
    plan = await planUpgrade(host, { config, request, id });
  } catch (error) {
    host.shutdown.throwIfAborted();
    refusal = toAppError(error);
  }
  const current_version = plan?.previous?.version ?? (await readRecordedVersion(host, tenant));
  const secrets = config === null ? [] : await secretsOf(config).catch(() => []);
  const isUnneeded = refusal !== null || plan === null || plan.kind === 'none' || plan.blockers.length > 0;
  const journal = await openNewJournal(host, id, { secrets, hasReserve: !isUnneeded });
  const frozen = config === null ? null : freezeTenant(config);
  const begin = { type: 'begin', version: 1, id, tenant, host: host.name, request } as const;
  journal.append({ ...begin, plan, current_version, config: frozen });
  endUnneeded(journal, refusal);
  return journal;
}

/** Notes the order before the first event: an upgrade that has begun has its place. */
async function openNewJournal(
  { state, clock, exclusive }: Host,
  id: string,
  options: { secrets?: readonly string[]; hasReserve: boolean },
): Promise<Journal> {
  const journal = await createJournal(path.join(state.upgrades, id), clock, options);
  try {
    await exclusive(state.order, () => noteBegin(state, id));
  } catch (error) {
    journal.close();
    throw error;
  }
  return journal;
}

/**
 * Makes the journal of an upgrade that is cancelled in the queue, written to its end. Events that the disk refuses are
 * held. Throws where no journal can be made; then it may be called again.
 */
export async function endQueued({ host, id, tenant, request }: Omit<Beginning, 'admit'>): Promise<Journal> {
  const current_version = await readRecordedVersion(host, tenant);
  const journal = await openNewJournal(host, id, { hasReserve: false });
  const begin = { type: 'begin', version: 1, id, tenant, host: host.name, request } as const;
  journal.append({ ...begin, plan: null, current_version, config: null });
  journal.append({ type: 'line', text: 'Cancelled before it began' });
  journal.append(describeFinish(journal.events, { status: 'cancelled', hold: null }));
  return journal;
}

/**
 * Ends an upgrade that must not run: refused, or nothing to do. Returns false for all others. Where an agent died
 * before it wrote the end, the first event shows the refusal, but not always the reason. The events may be held. May be
 * called again.
 */
export function endUnneeded(journal: Journal, refusal: AppError | null = null): boolean {
  const [begin, ...others] = journal.events;
  if (begin?.type !== 'begin' || others.some(({ type }) => type !== 'line' && type !== 'finish')) return false;
  if (hasEnded(journal)) return true;
  const { plan } = begin;
  const refused = refusal ?? findRefusal(begin);
  if (refused === null && plan?.kind !== 'none') return false;
  const text = `Already at ${plan?.target?.version ?? ''}`;
  if (refused === null && others.length === 0) journal.append({ type: 'line', text });
  const success = () => describeFinish(journal.events, { status: 'success', hold: null });
  journal.append(refused === null ? success() : refuse(begin, refused));
  return true;
}

/** Null where no record can be read: the refusal says why. */
async function readRecordedVersion({ state }: Host, tenant: string): Promise<string | null> {
  const record = await readRecord(state.recordFile(tenant)).catch(() => null);
  return record?.version ?? null;
}

/** True where the last event is the end. */
export function hasEnded({ events }: Pick<Journal, 'events'>): boolean {
  return events.at(-1)?.type === 'finish';
}

function findRefusal({ plan, config }: EventOf<'begin'>): AppError | null {
  if (plan === null || config === null) {
    return new AppError('internal', 'refused; the agent ended before it recorded the reason', {
      hint: 'Run the upgrade again.',
    });
  }
  const [blocker] = plan.blockers;
  return blocker === undefined ? null : new AppError(blocker.code, blocker.message, { hint: blocker.hint ?? '' });
}

/** A journal goes to the controller, too. */
function refuse({ plan, current_version }: EventOf<'begin'>, refusal: AppError): EventBody {
  const { code, message, hint } = forOutside(refusal);
  const others = (plan?.blockers ?? []).slice(1).map((blocker) => blocker.message);
  return {
    type: 'finish',
    status: 'refused',
    hold: null,
    current_version,
    failure: refusalFailure({ code, message: [message, ...others].join('\n'), hint: hint ?? null }),
  };
}
