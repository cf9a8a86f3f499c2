// `drover rollout show`: one rollout: its waves, its failures by cause, and who waits for what.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { outcomes, targetStages } from '../../../../shared/model/rollout.js';
import { flag } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { listAll } from '../../list_all.js';
import { openClient } from '../../open_client.js';
import { renderRollout } from '../../render/rollout/render_rollout.js';
import { renderTargets } from '../../render/rollout/render_targets.js';
import { renderWaits } from '../../render/rollout/render_waits.js';
import { chooseRollout, idPart } from '../../rollout/find_by_part.js';
import { wholeNumber } from '../../rollout/number_words.js';
import { exitCodeOf } from '../../rollout/outcome.js';
import { readFrame } from '../../rollout/read_frame.js';

const stage = z.enum(targetStages, { error: `--stage wants one of ${targetStages.join(', ')}` });
const outcome = z.enum(outcomes, { error: `--outcome wants one of ${outcomes.join(', ')}` });

export const command = defineCommand({
  arguments: ['[rollout]'],
  options: {
    '--targets': 'show its tenants, with a column for every step',
    '--stage <stage>': `only those that are ${targetStages.join(', ')}`,
    '--outcome <outcome>': `only those that ended as ${outcomes.join(', ')}`,
    '--wave <number>': 'only those of a wave, from 1 for the canary',
  },
  help: `Shows how far it is, why it waits, and what failed, by cause. Without a rollout it
shows the only open one. Times are UTC.

Examples:
  drover rollout show
  drover rollout show 3f2a --targets --outcome rolled_back
  drover rollout show --targets --json | jq -r '.targets[] | select(.waits) | .slug'

Exit codes: 0 shown, 1 it is halted or aborted, or ended with failures, 2 there is
no such rollout, 3 the controller is unreachable.
`,
  input: z.object({
    rollout: idPart.optional(),
    targets: flag,
    stage: stage.optional(),
    outcome: outcome.optional(),
    wave: wholeNumber('--wave', 1000),
  }),
  async execute(context, { rollout: part, targets: isMatrix, stage, outcome, wave }) {
    const { screen, json, clock } = context;
    const query = { stage, outcome, wave: wave === undefined ? undefined : wave - 1 };
    if (!isMatrix && (stage ?? outcome ?? wave) !== undefined) {
      throw new AppError('usage', '--stage, --outcome and --wave choose tenants: say --targets, too');
    }
    const client = await openClient(context);
    const id = await chooseRollout(client, part);
    const rollout = await client.findRollout(id);
    const exitCode = rollout.ended_at === null && rollout.state !== 'halted' ? 0 : exitCodeOf(rollout);
    if (isMatrix) {
      const targets = await listAll((page) => client.listTargets(id, { ...page, ...query }));
      if (json) screen.printJson({ ...rollout, targets });
      else screen.print(renderTargets(targets, screen));
      return exitCode;
    }
    if (json) {
      screen.printJson(rollout);
      return exitCode;
    }
    const { style, width } = screen;
    const frame = await readFrame(client, rollout);
    const isWaiting = rollout.counts.waiting > 0;
    const waiting = isWaiting ? await listAll((page) => client.listTargets(id, { ...page, stage: 'waiting' })) : [];
    const look = { screen: { style, width, height: null }, now: clock.now() };
    screen.print([renderRollout(frame, look), ...renderWaits(waiting, { style, width })].join('\n'));
    return exitCode;
  },
});
