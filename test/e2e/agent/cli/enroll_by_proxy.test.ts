// `drover-agent enroll` on a host whose only way out is an HTTP proxy, to a controller with a CA of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeYaml } from '../../../../deploy/demo/write_yaml.js';
import { makeAuthority, type Authority } from '../../../helpers/certificates.js';
import { startConnectProxy, type ConnectProxy } from '../../../helpers/controller/connect_proxy.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../../helpers/controller/controller_process.js';

const program = path.join(import.meta.dirname, '../../../../dist/agent/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'drover-enroll-'));
const configFile = path.join(folder, 'agent.yaml');
let authority: Authority;
let place: ControllerPlace;
let controller: ControllerProcess;
let proxy: ConnectProxy;

beforeAll(async () => {
  authority = makeAuthority(folder);
  place = await makeControllerPlace({ tls: authority.issue('controller') });
  controller = await place.start();
  proxy = await startConnectProxy();
  mkdirSync(path.join(folder, 'tenants.d'));
});
afterAll(async () => {
  proxy.close();
  await controller.end('SIGTERM');
  await place.remove();
  rmSync(folder, { recursive: true });
});

/** Runs it with these keys of `controller` in agent.yaml. */
async function enroll(keys: object, ...words: string[]): Promise<{ exitCode: number | null; text: string }> {
  const folders = { state_dir: path.join(folder, 'state'), log_dir: path.join(folder, 'log') };
  await writeYaml(configFile, { host: 'web-17', ...folders, controller: { url: place.agentUrl, ...keys } });
  const child = spawn(process.execPath, [program, '--config', configFile, 'enroll', ...words], { cwd: '/' });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  child.stdin.end(place.readJoinToken());
  await once(child, 'close');
  return { exitCode: child.exitCode, text };
}

it('joins and takes a new key through the proxy and by the CA of agent.yaml, and says which of them is wrong', async () => {
  const ca = { ca_file: authority.caFile };
  const joined = await enroll({ ...ca, proxy: proxy.url }, '--token-stdin');
  expect(joined).toEqual({ exitCode: 0, text: expect.stringContaining(`web-17 has joined ${place.agentUrl}`) });
  expect(proxy.asked).toEqual([new URL(place.agentUrl).host]);
  expect((await enroll({ ...ca, proxy: proxy.url }, '--rotate')).exitCode).toBe(0);
  expect(proxy.asked).toHaveLength(2);

  expect(await enroll({ proxy: proxy.url }, '--rotate')).toEqual({
    exitCode: 3,
    text: expect.stringContaining('from a CA that this host does not trust'),
  });
  const refusing = await startConnectProxy(407);
  const refused = await enroll({ ...ca, proxy: refusing.url }, '--rotate');
  refusing.close();
  expect(refused).toEqual({
    exitCode: 3,
    text: expect.stringContaining(`the proxy ${refusing.url} wants authentication`),
  });
});
