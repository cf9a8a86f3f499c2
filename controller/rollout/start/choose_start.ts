// What a rollout starts with: its pin and the plan classes that may run, from a fleet plan or from the hosts.
import { AppError } from '../../../shared/errors.js';
import type { Selection } from '../../../shared/selection/selection.js';
import type { RolloutBody } from '../../../shared/wire/rollouts_api.js';
import type { AgentConnections } from '../../fleet/agent_connections.js';
import type { Store } from '../../store/port.js';
import type { StoredPlanClass } from '../../store/fleet_plans.js';
import { askPin, type Pin } from './ask_pin.js';
import { findByPrefix } from './find_class.js';
import { isBlocked } from '../view/view_plan.js';

export interface ChosenStart extends Pin {
  /** Null without a fleet plan: every plan runs. */
  approved: string[] | null;
}

export interface ChooseOptions {
  store: Store;
  connections: Pick<AgentConnections, 'isConnected' | 'request'>;
  makeId: () => string;
  scope: Selection | null;
  signal: AbortSignal;
}

/** Errors as of `Rollouts.start`. */
export async function chooseStart(
  options: ChooseOptions,
  { body, selection }: { body: RolloutBody; selection: Selection | null },
): Promise<ChosenStart> {
  const { store, connections, makeId, scope, signal } = options;
  if (body.plan !== null) return chooseFromPlan(options, body, body.plan);
  if (body.approve.length > 0) {
    throw new AppError('invalid', 'plan classes are approved of a fleet plan, and none is named', {
      hint: '`drover rollout plan` makes one.',
    });
  }
  const asking = { hosts: store.seenBy(scope).hosts, connections, makeId };
  const pin = await askPin(asking, { version: body.version, commit: body.commit, selection, signal });
  return { ...pin, approved: null };
}

async function chooseFromPlan({ store, scope }: ChooseOptions, body: RolloutBody, id: string): Promise<ChosenStart> {
  const plan = await store.fleetPlans.find(id, scope);
  if (plan === null) throw new AppError('unknown-fleet-plan', `there is no fleet plan ${id}`);
  if (plan.state === 'running') {
    throw new AppError('busy', `the fleet plan ${id} is still being made`, {
      hint: `Wait for it, or end it with what it has: \`drover rollout plan --cancel ${id}\`.`,
    });
  }
  const { pin } = plan;
  if (pin === null) throw new AppError('invalid', `the fleet plan ${id} has no plan: no tenant could be planned`);
  if (body.version !== null && body.version !== pin.version) {
    throw new AppError('invalid', `the fleet plan ${id} is for ${pin.version}, not for ${body.version}`);
  }
  const commit = body.commit ?? pin.commit;
  const [other] = plan.disagreeing;
  if (other !== undefined && body.commit === null) {
    throw new AppError(
      'moved-tag',
      `hosts disagree about ${pin.version}: it is at ${pin.commit.slice(0, 12)}, and for ${other.tenants} tenants at ${other.commit.slice(0, 12)}`,
      { hint: `Find out which is right, and name it: \`--commit ${pin.commit}\`.` },
    );
  }
  if (commit !== pin.commit && !plan.disagreeing.some((seen) => seen.commit === commit)) {
    throw new AppError('moved-tag', `no host of the fleet plan ${id} has ${pin.version} at ${commit}`, {
      hint: `Name a commit that one has, such as ${pin.commit}.`,
    });
  }
  const classes = await store.fleetPlans.listClasses(id, scope);
  return { version: pin.version, commit, approved: chooseApproved(classes, body.approve, id) };
}

/** The named classes, whole. Throws AppError `not-approved` where none is named, and `invalid` for a wrong one. */
function chooseApproved(classes: readonly StoredPlanClass[], prefixes: readonly string[], id: string): string[] {
  const free = classes.filter((one) => !isBlocked(one)).map(({ plan_class: own }) => own);
  if (prefixes.length === 0) {
    const named = free.map((own) => own.slice(0, 8)).join(', ');
    throw new AppError('not-approved', `no plan of the fleet plan ${id} is approved`, {
      hint: free.length === 0 ? 'All of them are blocked.' : `Look at them, and name those that may run: ${named}.`,
    });
  }
  return [
    ...new Set(
      prefixes.map((prefix) => {
        const found = findByPrefix(
          classes.map(({ plan_class: own }) => own),
          prefix,
        );
        if (found instanceof AppError) throw found;
        if (free.includes(found)) return found;
        throw new AppError('invalid', `the plan ${found.slice(0, 8)} is blocked, and cannot run`, {
          hint: `\`drover rollout plan --show ${id}\` says why.`,
        });
      }),
    ),
  ];
}
