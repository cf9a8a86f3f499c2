// The keys of `drover rollout watch`: p pauses and resumes, a aborts after a question, q stops watching.
import { toAppError } from '../../../shared/errors.js';
import { interruptKey } from '../../../shared/terminal/screen/keys.js';
import type { Rollout } from '../../../shared/wire/rollouts_api.js';
import type { Client } from '../../client/create_client.js';

export interface WatchKeys {
  press(key: string, rollout: Rollout | null): void;
  /** The line at the bottom. */
  describe(rollout: Rollout, hasKeys: boolean): string;
}

const reason = 'by a key of `drover rollout watch`';

/** Its requests go to the controller at once; what they answer is said in the line at the bottom. */
export function createWatchKeys(options: {
  client: Pick<Client, 'pauseRollout' | 'resumeRollout' | 'abortRollout'>;
  id: string;
  leave: () => void;
  /** The line has changed. */
  onChange: () => void;
}): WatchKeys {
  const { client, id, leave, onChange } = options;
  let isAsking = false;
  let said: string | null = null;

  function say(text: string | null): void {
    said = text;
    onChange();
  }

  function change(what: string, asking: Promise<unknown>): void {
    say(`${what} …`);
    asking.then(
      () => say(null),
      (error: unknown) => say(`${what}: ${toAppError(error).message}`),
    );
  }

  function answer(key: string): void {
    isAsking = false;
    if (key === 'y' || key === 'Y') change('aborting', client.abortRollout(id, { reason }));
    else say(null);
  }

  return {
    press(key, rollout) {
      if (key === interruptKey || (key === 'q' && !isAsking)) leave();
      else if (isAsking) answer(key);
      else if (key === 'p' && rollout?.state === 'paused') change('resuming', client.resumeRollout(id, { reason }));
      else if (key === 'p') change('pausing', client.pauseRollout(id, { reason }));
      else if (key === 'a') {
        isAsking = true;
        say('Abort it? What has not begun is withdrawn.   y aborts, any other key does not');
      }
    },
    describe({ state }, hasKeys) {
      if (said !== null) return said;
      if (!hasKeys) return 'Ctrl-C only stops watching';
      return `p ${state === 'paused' ? 'resume' : 'pause'}   a abort   q quit (the rollout goes on)`;
    },
  };
}
