// What the commands print that change a rollout: the rollout as it is then.
import type { Rollout } from '../../../../shared/wire/rollouts_api.js';
import type { Client } from '../../../client/create_client.js';
import type { DroverContext } from '../../drover_command.js';
import { renderRollout } from '../../render/rollout/render_rollout.js';
import { readFrame } from '../../rollout/read_frame.js';

/** The exit code is 0: what was asked for is done. */
export async function printRollout(context: DroverContext, client: Client, rollout: Rollout): Promise<number> {
  const { screen, json, clock } = context;
  if (json) {
    screen.printJson(rollout);
    return 0;
  }
  const frame = await readFrame(client, rollout);
  const { style, width } = screen;
  screen.print(renderRollout(frame, { screen: { style, width, height: null }, now: clock.now() }));
  if (rollout.ended_at === null && !isStopped(rollout)) {
    screen.noteToPerson(`\`drover rollout watch ${rollout.id}\` watches it.`);
  }
  return 0;
}

/** True where it goes on only once somebody says so. */
export const isStopped = ({ state }: Pick<Rollout, 'state'>) => state === 'halted' || state === 'paused';
