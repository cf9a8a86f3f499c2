// `drover logs`: the stream of an upgrade with all that its commands printed; live with -f.
import { z } from 'zod';
import type { StreamItem } from '../../../shared/model/stream_item.js';
import { flag } from '../../../shared/terminal/inputs.js';
import { createPlainRenderer } from '../../../shared/terminal/plain_stream.js';
import { chooseUpgrade, upgradeOrTenant } from '../choose_upgrade.js';
import { defineCommand, detachedExitCode, type DroverContext } from '../drover_command.js';
import { openClient } from '../open_client.js';

export const command = defineCommand({
  arguments: ['<upgrade>'],
  options: { '-f, --follow': 'go on live, to its end' },
  help: `The upgrade is meant by its id, or by its tenant: then it is the one under way,
or else the latest. Times are UTC. With --json each line is one object:
{"event": …} or {"output": …}.

Examples:
  drover logs testsite -f
  drover logs 019ab6a1-7f00-7cc1-9a8e-2f0d7d3c5b11

Exit codes: 0 told, 2 there is no such upgrade, 3 the controller is unreachable,
130 no longer watched (Ctrl-C).
`,
  input: z.object({ upgrade: upgradeOrTenant, follow: flag }),
  async execute(context, { upgrade: word, follow }) {
    const client = await openClient(context);
    const id = await chooseUpgrade(client, word);
    const leaving = new AbortController();
    const stopListening = context.onSignal('SIGINT', () => leaving.abort());
    const onContact = (lost: Error | null) => {
      if (lost !== null) context.screen.noteToPerson(`${lost.message}; trying again`);
    };
    const print = createPrinter(context);
    try {
      const items = client.followUpgrade(id, leaving.signal, { follow, onContact });
      for (;;) {
        const { done, value } = await items.next();
        if (done !== true) {
          print(value);
          continue;
        }
        if (value.delivery.state !== 'ended') context.screen.noteToPerson('It is not over; -f goes on live.');
        return 0;
      }
    } catch (error) {
      if (leaving.signal.aborted) return detachedExitCode;
      throw error;
    } finally {
      stopListening();
    }
  },
});

function createPrinter({ screen, json }: DroverContext): (item: StreamItem) => void {
  const renderer = createPlainRenderer();
  return (item) => {
    const text = json ? JSON.stringify(item) : renderer.render(item);
    if (text !== null) screen.print(text);
  };
}
