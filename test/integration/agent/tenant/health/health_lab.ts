// What the tests of the health check work with: a site of `nobody`, a real HTTP server, and a clock that does not wait.
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createProbe } from '../../../../../agent/command/probe.js';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { currentUser, findUser } from '../../../../../agent/command/user.js';
import { checkHealth } from '../../../../../agent/tenant/health/check_health.js';
import { healthSchema } from '../../../../../agent/tenant/health/schema.js';
import type { Services } from '../../../../../agent/tenant/services/services.js';
import { minimalEnvironment, type ReadContext, type Site } from '../../../../../agent/tenant/site.js';
import { systemClock, type Clock } from '../../../../../shared/os/clock.js';

export interface HealthLab {
  folder: string;
  site: Site;
  /** The latest server of `serve`. */
  server: Server;
  /** How many it had. */
  requests: number;
  cancelling: AbortController;
  /** Waits pass at once; what was waited for is noted. */
  clock: Clock;
  pausesMs: number[];
  passedMs: number;
  readContext(): ReadContext;
  /** Starts a server and gives its URL. */
  serve(listener: RequestListener, place?: { port?: number; host?: string }): Promise<string>;
  /** Checks the health by these keys of a tenant file. */
  check(keys: unknown, services?: Services | null): Promise<void>;
  /** Writes the command `healthy`. */
  writeScript(text: string): Promise<void>;
  remove(): Promise<void>;
}

export async function makeHealthLab(): Promise<HealthLab> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-health-'));
  await chmod(folder, 0o755);
  const user = await findUser('nobody');
  const env = { ...minimalEnvironment(user), GREETING: 'hello' };
  const lab: HealthLab = {
    folder,
    site: { slug: 'testsite', appDir: new TenantPath(folder), dataDir: new TenantPath(folder), user, env },
    server: createServer(),
    requests: 0,
    cancelling: new AbortController(),
    clock: {
      now: () => systemClock.now(),
      monotonicMs: () => lab.passedMs,
      async wait(ms) {
        lab.pausesMs.push(ms);
        lab.passedMs += ms;
      },
    },
    pausesMs: [],
    passedMs: 0,
    readContext() {
      const { signal } = lab.cancelling;
      return { site: lab.site, probe: createProbe({ agentUid: currentUser().uid, signal }), signal };
    },
    async serve(listener, { port = 0, host = '127.0.0.1' } = {}) {
      lab.server = createServer((request, response) => {
        lab.requests += 1;
        listener(request, response);
      }).listen(port, host);
      await once(lab.server, 'listening');
      const address = lab.server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/health`;
    },
    check(keys, services = null) {
      const { clock, cancelling } = lab;
      const config = healthSchema.parse(keys);
      return checkHealth({ config, services, readContext: lab.readContext(), clock, signal: cancelling.signal });
    },
    async writeScript(text) {
      await writeFile(path.join(folder, 'healthy'), text);
      await chmod(path.join(folder, 'healthy'), 0o755);
    },
    async remove() {
      if (lab.server.listening) {
        lab.server.closeAllConnections();
        lab.server.close();
        await once(lab.server, 'close');
      }
      await rm(folder, { recursive: true });
    },
  };
  return lab;
}
