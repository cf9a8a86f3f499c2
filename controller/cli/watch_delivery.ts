// Looks now and then where an upgrade's command is: its stream says nothing while its host is away.
import type { Upgrade } from '../../shared/wire/api.js';
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import type { Client } from '../client/create_client.js';

const pauseMs = 2000;

interface Watching {
  client: Pick<Client, 'findUpgrade'>;
  id: string;
  clock: Clock;
  signal: AbortSignal;
}

/** Resolves once `signal` aborts, or when there is nothing more to see; what fails is left to who follows the stream. */
export async function watchDelivery(
  { client, id, clock, signal }: Watching,
  onSeen: (upgrade: Upgrade) => void,
): Promise<void> {
  for (;;) {
    try {
      await clock.wait(pauseMs, signal);
      const upgrade = await client.findUpgrade(id);
      if (signal.aborted) return;
      onSeen(upgrade);
      if (upgrade.delivery.state === 'ended') return;
    } catch (error) {
      if (signal.aborted || !(error instanceof AppError) || error.code !== 'unreachable') return;
    }
  }
}
