// Tokens and the audit log on the built programs: what was answered holds for the next controller, too.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditEntrySchema } from '../../../shared/wire/access_api.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../helpers/controller/controller_process.js';

const program = path.join(import.meta.dirname, '../../../dist/controller/cli/main.js');

let place: ControllerPlace;
let controller: ControllerProcess;
beforeAll(async () => {
  place = await makeControllerPlace();
  controller = await place.start();
});
afterAll(async () => {
  await controller.end('SIGTERM');
  await place.remove();
});

function drover(token: string, ...words: string[]) {
  const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', DROVER_URL: place.url, DROVER_TOKEN: token };
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env }, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('a token is good until it is revoked, and stays revoked after the controller was killed', async () => {
  const admin = place.readToken();
  const words = ['tokens', 'create', 'anna', '--role', 'viewer', '--scope', 'slug=acme', '--reason', 'she is new'];
  const token = (await drover(admin, ...words)).stdout.trim();
  expect(await drover(token, 'tenants')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await drover(token, 'tokens', 'list')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('the token anna has the role viewer, and this needs admin'),
  });
  expect(await drover(admin, 'tokens', 'revoke', 'anna')).toMatchObject({ exitCode: 0 });
  await controller.end('SIGKILL');
  controller = await place.start();
  expect(await drover(token, 'tenants')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('the token anna was revoked at '),
  });
  const { changes } = JSON.parse((await drover(admin, 'audit', '--json')).stdout);
  const entries = auditEntrySchema.array().parse(changes);
  expect(entries.filter(({ action }) => action.startsWith('tokens.'))).toMatchObject([
    { action: 'tokens.revoke', target: 'anna', by: 'tester', address: '127.0.0.1', reason: null },
    { action: 'tokens.create', target: 'anna', by: 'tester', address: '127.0.0.1', reason: 'she is new' },
    { action: 'tokens.create', target: 'tester', address: null },
  ]);
  expect(controller.log.join('\n')).not.toContain(token);
});
