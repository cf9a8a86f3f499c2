// The controller's log of each upgrade has every line of the one that the host has written for its tenant, and no other.
// There is none of an upgrade that ended before it had the tenant's configuration, or whose agent was killed right after
// the end.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { waitUntil } from '../wait_until.js';
import type { Invariant } from '../quiet_point.js';
import type { Client } from '../../../controller/client/create_client.js';

/** The host writes its log right after the end that the controller already knows. */
const limitMs = 10_000;

export const sameLogs: Invariant = async ({ world, tenants }) => {
  const wrong: string[] = [];
  const { client } = world.controller;
  for (const { host, tenant, journals } of tenants) {
    const folder = path.join(host.logFolder, tenant.slug);
    for (const id of journals.keys()) {
      let stored = '';
      let written: string | null = null;
      const isSame = async () => {
        written = readWritten(folder, id);
        stored = written === null ? '' : await readStored(client, id);
        return written === null || inOrder(stored) === inOrder(written);
      };
      await waitUntil('the logs are the same', isSame, limitMs).catch(() =>
        wrong.push(`the controller's log of ${id} is not the host's:\n${stored}\n--- the host's:\n${written}`),
      );
    }
  }
  return wrong;
};

async function readStored(client: Client, id: string): Promise<string> {
  let text = '';
  for await (const piece of client.readLog(id)) text += piece;
  return text;
}

function readWritten(folder: string, id: string): string | null {
  const name = existsSync(folder) ? readdirSync(folder).find((each) => each.endsWith(`_${id}.log`)) : undefined;
  return name === undefined ? null : readFileSync(path.join(folder, name), 'utf8');
}

const isOutput = (line: string) => /^ +\|/.test(line);

/**
 * The lines of events, then those of output, each in their order: what comes while a command prints, such as a cancel,
 * stands at no certain place between its lines.
 */
function inOrder(log: string): string {
  const lines = log.split('\n');
  return [...lines.filter((line) => !isOutput(line)), ...lines.filter(isOutput)].join('\n');
}
