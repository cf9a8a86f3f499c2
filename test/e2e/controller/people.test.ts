// Tokens and the audit log on the built programs: what was answered holds for the next controller, too.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { auditEntrySchema } from '../../../shared/wire/access_api.js';
import { useController } from '../../helpers/controller/use_controller.js';

const program = path.join(import.meta.dirname, '../../../dist/controller/cli/main.js');

const running = useController();

function drover(token: string, ...words: string[]) {
  const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', DROVER_URL: running.place.url, DROVER_TOKEN: token };
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env }, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('a token is good until it is revoked, and stays revoked after the controller was killed', async () => {
  const admin = running.place.readToken();
  const words = ['tokens', 'create', 'anna', '--role', 'viewer', '--scope', 'slug=acme', '--reason', 'she is new'];
  const token = (await drover(admin, ...words)).stdout.trim();
  expect(await drover(token, 'tenants')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await drover(token, 'tokens', 'list')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('the token anna has the role viewer, and this needs admin'),
  });
  expect(await drover(admin, 'tokens', 'revoke', 'anna')).toMatchObject({ exitCode: 0 });
  await running.controller.end('SIGKILL');
  running.controller = await running.place.start();
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
  expect(running.controller.log.join('\n')).not.toContain(token);
});
