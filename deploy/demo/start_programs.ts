// Starts the demo's controller and agent, as systemd does on a real machine.
import path from 'node:path';
import { connectAgent } from '../../agent/local/connect_agent.js';
import { hostSchema, pageOf } from '../../shared/wire/api.js';
import type { DemoAgent, DemoHost } from './app/make_host.js';
import { startInBackground, type BackgroundProcess } from './background_process.js';
import { readApi, readJson } from './read_api.js';
import type { DemoController, Setup } from './setup.js';

/** Returns once the controller accepts agents and operators. */
export async function startController(
  { bin, signal }: Pick<Setup, 'bin' | 'signal'>,
  controller: DemoController,
): Promise<BackgroundProcess> {
  return startInBackground({
    argv: [path.join(bin, 'drover-controller'), 'run'],
    logFile: controller.logFile,
    isReady: async () => (await readJson(`${controller.url}/readyz`)) !== null,
    signal,
  });
}

/** Returns once the agent answers and, with a controller, is connected. */
export async function startAgent(
  { bin, controller, signal }: Pick<Setup, 'bin' | 'controller' | 'signal'>,
  { program, host, logFile }: DemoAgent,
): Promise<BackgroundProcess> {
  return startInBackground({
    argv: [path.join(bin, program), 'run'],
    logFile,
    isReady: async () =>
      (await isAnswering(host.stateFolder)) && (controller === null || (await isConnected(controller, host))),
    signal,
  });
}

async function isAnswering(stateFolder: string): Promise<boolean> {
  const connection = await connectAgent(path.join(stateFolder, 'agent.sock'));
  connection?.close();
  return connection !== null;
}

/** Connected, and it has reported its tenants. */
async function isConnected(controller: DemoController, { name }: DemoHost): Promise<boolean> {
  const hosts = await readApi(controller, 'hosts', pageOf(hostSchema));
  const found = hosts?.items.find(({ host }) => host === name);
  return found?.state === 'connected' && found.tenants.length > 0;
}
