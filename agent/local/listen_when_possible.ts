// Listens at once or as soon as it can: the socket lies in the state folder, whose disk may be read-only for now.
import type { Clock } from '../../shared/clock.js';
import type { LocalServer } from './server.js';

const pauseMs = 2000;

/**
 * What `listen` gives. Where it fails and `mayWait` says so, a server that nobody can reach yet is returned, and `listen`
 * is called again until it succeeds; otherwise throws what it threw.
 */
export async function listenWhenPossible(
  listen: () => Promise<LocalServer>,
  { clock, mayWait }: { clock: Clock; mayWait: (error: unknown) => boolean },
): Promise<LocalServer> {
  try {
    return await listen();
  } catch (error) {
    if (!mayWait(error)) throw error;
  }
  const closing = new AbortController();
  const leavers: (() => void)[] = [];
  let server: LocalServer | null = null;
  const tryAgain = async () => {
    while (server === null) {
      await clock.wait(pauseMs, closing.signal);
      server = await listen().catch(() => null);
    }
    for (const leaver of leavers) server.onLeave(leaver);
  };
  const trying = tryAgain().catch(() => undefined);
  return {
    count: () => server?.count() ?? 0,
    onLeave: (leaver) => (server === null ? void leavers.push(leaver) : server.onLeave(leaver)),
    async close() {
      closing.abort(new Error('the agent ends'));
      await trying;
      await server?.close();
    },
  };
}
