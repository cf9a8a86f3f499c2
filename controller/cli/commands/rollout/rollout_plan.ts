// `drover rollout plan`: what an upgrade of many tenants would do, grouped by what is the same.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { detachedExitCode } from '../../../../shared/terminal/stream/show_upgrade.js';
import { flag, limit, optionalTag } from '../../../../shared/terminal/inputs.js';
import type { FleetPlan } from '../../../../shared/wire/rollouts_api.js';
import { defineCommand, type DroverContext } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { renderFleetPlan } from '../../render/rollout/render_fleet_plan.js';
import { renderFleetPlans } from '../../render/rollout/render_fleet_plans.js';
import { chooseFleetPlan, idPart } from '../../rollout/find_by_part.js';
import { checkWhere } from '../../rollout/selection_word.js';
import { watchPlan } from '../../rollout/watch_plan.js';

const words = z.object({
  version: optionalTag,
  where: z.string().optional(),
  show: idPart.optional(),
  list: flag,
  cancel: idPart.optional(),
  limit,
  reason,
});

export const command = defineCommand({
  arguments: ['[version]'],
  options: {
    '--where <selection>': 'the tenants, such as "ring=stable & version<v0.4.0" (default: all)',
    '--show <id>': 'show a plan that was made, or is being made',
    '--list': 'list the plans, the newest first',
    '--limit <number>': 'at most so many with --list (default: 20)',
    '--cancel <id>': 'end a plan with what it has',
    ...reasonOption,
  },
  help: `Asks the hosts of the tenants, and touches nothing. Tenants whose plans are the
same are one class: A is the largest. What a class is named by covers versions,
hooks, migrations, requirements and warnings; an approval names classes, and a
tenant whose plan has changed since does not run.
Without a version the highest tag is planned. Ctrl-C only stops watching.

Examples:
  drover rollout plan v0.4.0 --where "ring=canary & version<v0.4.0"
  drover rollout plan --list
  drover rollout plan --show 3f2a

Exit codes: 0 nothing to do, or listed, 10 some tenants would change, 2 none of
them can be upgraded, or usage, 3 the controller is unreachable, 130 after Ctrl-C.
`,
  input: words,
  async execute(context, input) {
    requireOne(input);
    const { screen, json } = context;
    const client = await openClient(context);
    if (input.list) {
      const { items, next } = await client.listFleetPlans({ limit: input.limit });
      if (json) screen.printJson({ plans: items, next });
      else screen.print(renderFleetPlans(items, screen));
      if (next !== null) screen.noteToPerson(`There are more; --limit shows more than ${input.limit}.`);
      return 0;
    }
    if (input.show !== undefined) {
      return printPlan(context, await client.findFleetPlan(await chooseFleetPlan(client, input.show)));
    }
    if (input.cancel !== undefined) {
      const id = await chooseFleetPlan(client, input.cancel);
      return printPlan(context, await client.cancelFleetPlan(id, input.reason));
    }
    const where = checkWhere(input.where);
    const begun = await client.planFleet({ version: input.version, where, ...input.reason });
    const plan = await watchPlan(context, client, begun);
    if (plan !== null) return printPlan(context, plan);
    if (json) screen.printJson(begun);
    screen.note(
      `You stopped watching; the hosts go on planning.\n  drover rollout plan --show ${begun.id}     shows it\n` +
        `  drover rollout plan --cancel ${begun.id}   ends it`,
    );
    return detachedExitCode;
  },
});

/** Throws AppError `usage` for several wishes at once. */
function requireOne({ version, where, show, list, cancel }: z.infer<typeof words>): void {
  const others = [show !== undefined, list, cancel !== undefined].filter(Boolean).length;
  if (others === 0 || (others === 1 && version === null && where === undefined)) return;
  throw new AppError('usage', 'choose one of a new plan, --show, --list and --cancel');
}

function printPlan({ screen, json }: DroverContext, plan: FleetPlan): number {
  if (json) screen.printJson(plan);
  else screen.print(renderFleetPlan(plan, screen));
  const free = plan.classes.filter(({ is_blocked: isBlocked }) => !isBlocked);
  if (free.some(({ plan: own }) => own.kind !== 'none')) return 10;
  return free.length > 0 || plan.state === 'running' ? 0 : 2;
}
