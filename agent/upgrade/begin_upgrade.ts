// Begins an upgrade: plans it, and writes the journal's first events. A refused upgrade has a journal of two events.
import path from 'node:path';
import { AppError, toAppError, forOutside } from '../../shared/errors.js';
import { maskError } from '../../shared/model/error_body.js';
import type { EventBody, EventOf } from '../../shared/model/journal/events.js';
import { planClassOf } from '../../shared/model/plan/plan_class.js';
import type { RolloutAttempt, UpgradeRequest } from '../../shared/model/request.js';
import type { Plan } from '../../shared/model/plan/plan.js';
import { createProbe } from '../command/probe.js';
import { freezeTenant, type TenantConfig } from '../config/tenant_file/tenant_config.js';
import { secretsOf } from '../config/tenant_file/secrets.js';
import { fitPlan } from '../../shared/model/plan/fit_plan.js';
import { readRecord } from '../store/tenant_record.js';
import type { Host } from './host.js';
import { describeFinish } from './describe.js';
import { openFeatures } from './features.js';
import { noteBegin } from '../store/begin_order.js';
import { createJournal, type Journal } from '../store/journal.js';
import { createFetchOnce, type FetchTags } from './plan/fetch_once.js';
import { makePlan } from './plan/make_plan.js';
import { refusalFailure } from '../../shared/model/result.js';

export interface ToPlan {
  config: TenantConfig;
  request: UpgradeRequest;
  /** The upgrade's, if there is one. */
  id?: string;
  /** Of the request that this plan is a part of. Default: its remote is asked for this plan alone. */
  fetchTags?: FetchTags;
  /** Ends the planning. Default: only the end of the agent does. */
  signal?: AbortSignal;
}

/** The plan of an upgrade. Does not touch the tenant. Rejects with the reason of the signal. */
export async function planUpgrade(
  host: Host,
  { config, request, id = 'plan', fetchTags = createFetchOnce(), signal = host.shutdown }: ToPlan,
): Promise<Plan> {
  const { agentUser, clock } = host;
  const features = await openFeatures(host, { config, id });
  const record = await readRecord(features.places.recordFile);
  const probe = createProbe({ agentUid: agentUser.uid, signal });
  const about = { host: host.name, config, features, record, request };
  const planning = { ...about, probe, signal, fetchTags, now: clock.now() };
  const secrets = await secretsOf(config);
  try {
    const plan = fitPlan(await makePlan(planning), secrets);
    if (plan !== null) return plan;
  } catch (error) {
    signal.throwIfAborted();
    throw maskError(error, secrets);
  }
  throw new AppError('internal', `the plan for ${config.slug} is not valid`);
}

export interface Beginning {
  host: Host;
  id: string;
  tenant: string;
  request: UpgradeRequest;
  /** The class of plan that was approved; absent where any plan may run. */
  planClass?: string | undefined;
  /** The rollout that asks for it. */
  rollout?: RolloutAttempt | undefined;
  /** The tenant's configuration; throws AppError where the upgrade is refused before it is planned. */
  admit: () => Promise<TenantConfig>;
}

/**
 * Makes the journal of an upgrade. Where the upgrade is refused or has nothing to do, the journal is written to its
 * end. Events that the disk refuses are held. Throws where no journal can be made; then it may be called again.
 */
export async function beginUpgrade(beginning: Beginning): Promise<Journal> {
  const { host, id, tenant, request, admit } = beginning;
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
  const frozen = config === null ? null : freezeTenant(config);
  const begin = { ...describeBegin(beginning), plan, current_version, config: frozen };
  const hasReserve = refusal === null && plan?.kind !== 'none' && findRefusal(begin) === null;
  const journal = await openNewJournal(host, id, { secrets, hasReserve });
  journal.append(begin);
  endUnneeded(journal, refusal);
  return journal;
}

/** What the first event says of the request. What is absent there stays absent. */
function describeBegin({ host, id, tenant, request, planClass, rollout }: Omit<Beginning, 'admit'>) {
  return {
    type: 'begin',
    version: 1,
    id,
    tenant,
    host: host.name,
    request,
    ...(planClass === undefined ? {} : { plan_class: planClass }),
    ...(rollout === undefined ? {} : { rollout }),
  } as const;
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
export async function endQueued(beginning: Omit<Beginning, 'admit'>): Promise<Journal> {
  const { host, id, tenant } = beginning;
  const current_version = await readRecordedVersion(host, tenant);
  const journal = await openNewJournal(host, id, { hasReserve: false });
  journal.append({ ...describeBegin(beginning), plan: null, current_version, config: null });
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

type Begin = Pick<EventOf<'begin'>, 'tenant' | 'plan' | 'config' | 'plan_class'>;

/** From the first event alone: an agent that died before it wrote the end must not go on with a plan that is refused. */
function findRefusal({ tenant, plan, config, plan_class: approved }: Begin): AppError | null {
  if (plan === null || config === null) {
    return new AppError('internal', 'refused; the agent ended before it recorded the reason', {
      hint: 'Run the upgrade again.',
    });
  }
  const [blocker] = plan.blockers;
  if (blocker !== undefined) return new AppError(blocker.code, blocker.message, { hint: blocker.hint ?? '' });
  const isApproved = approved === undefined || plan.kind === 'none' || planClassOf(plan) === approved;
  return isApproved ? null : planChanged(tenant, { approved, made: planClassOf(plan) });
}

function planChanged(tenant: string, { approved, made }: { approved: string; made: string }): AppError {
  const [was, is] = [approved, made].map((name) => name.slice(0, shownDigits));
  return new AppError('plan-changed', `the plan for ${tenant} is of class ${is} now, and class ${was} was approved`, {
    hint: 'Nothing was stopped. Look at the new plan: approve its class, or put right what has changed on the host.',
  });
}

/** Of a plan class, in messages: as many digits as tell the classes of a fleet apart. */
const shownDigits = 12;

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
