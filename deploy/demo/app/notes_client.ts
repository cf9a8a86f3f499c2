// Talks to a tenant's service over HTTP, as its users do.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const health = z.object({ status: z.literal('ok'), version: z.string() });
const note = z.object({ id: z.number(), text: z.string(), author: z.string().optional() });
export type Note = z.infer<typeof note>;

/** Each request has a connection of its own: an open one would delay a service that stops. */
const headers = { connection: 'close', 'content-type': 'application/json' };

/** The version that the running service answers; throws when no service answers. */
export async function readVersion(url: string): Promise<string> {
  const response = await fetch(`${url}/health`, { headers });
  return health.parse(await response.json()).version;
}

/** Every note of the tenant. */
export async function listNotes(url: string): Promise<Note[]> {
  const response = await fetch(`${url}/notes`, { headers });
  return z.array(note).parse(await response.json());
}

/** Writes notes, in order. */
export async function addNotes(url: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const response = await fetch(`${url}/notes`, { method: 'POST', headers, body: JSON.stringify({ text }) });
    if (response.status !== 201) throw new Error(`${url}/notes answered ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  }
}

/** Returns once the service answers; throws if it does not within ten seconds. */
export async function waitUntilHealthy(url: string): Promise<void> {
  const untilMs = performance.now() + 10_000;
  for (;;) {
    try {
      await readVersion(url);
      return;
    } catch (error) {
      if (performance.now() > untilMs) throw new Error(`${url} does not answer`, { cause: error });
      await sleep(20);
    }
  }
}
