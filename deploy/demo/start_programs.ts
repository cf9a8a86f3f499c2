// Starts the demo's controller and agent, as systemd does on a real machine.
import path from 'node:path';
import { z } from 'zod';
import { connectAgent } from '../../agent/local/connect_agent.js';
import { startInBackground, type BackgroundProcess } from './background_process.js';
import type { DemoController, Setup } from './setup.js';

/** Returns once the controller accepts agents and operators. */
export async function startController(
  { bin, signal }: Pick<Setup, 'bin' | 'signal'>,
  controller: DemoController,
): Promise<BackgroundProcess> {
  return startInBackground({
    argv: [path.join(bin, 'drover-controller'), 'run'],
    logFile: controller.logFile,
    isReady: async () => (await get(`${controller.url}/readyz`)) !== null,
    signal,
  });
}

type AgentSetup = Pick<Setup, 'bin' | 'host' | 'controller' | 'agentLog' | 'signal'>;

/** Returns once the agent answers and, with a controller, is connected. */
export async function startAgent({ bin, host, controller, agentLog, signal }: AgentSetup): Promise<BackgroundProcess> {
  return startInBackground({
    argv: [path.join(bin, 'drover-agent'), 'run'],
    logFile: agentLog,
    isReady: async () =>
      (await isAnswering(host.stateFolder)) && (controller === null || (await isConnected(controller))),
    signal,
  });
}

async function isAnswering(stateFolder: string): Promise<boolean> {
  const connection = await connectAgent(path.join(stateFolder, 'agent.sock'));
  connection?.close();
  return connection !== null;
}

const tenants = z.object({ items: z.array(z.object({ host_state: z.string() })) });

async function isConnected(controller: DemoController): Promise<boolean> {
  const { data } = tenants.safeParse(await get(`${controller.url}/api/v1/tenants`, await controller.readToken()));
  return (
    data !== undefined && data.items.length > 0 && data.items.every(({ host_state: state }) => state === 'connected')
  );
}

/** The body of a successful answer; null for any other answer, and where the connection fails. */
async function get(url: string, token = ''): Promise<unknown> {
  try {
    const response = await fetch(url, { headers: { connection: 'close', authorization: `Bearer ${token}` } });
    const answer: unknown = await response.json();
    return response.ok ? answer : null;
  } catch {
    return null;
  }
}
