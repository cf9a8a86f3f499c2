// Texts of many megabytes, as a program of a tenant may print them.
import { expect, test } from 'vitest';
import { AppError } from '../../../../shared/errors.js';
import { toErrorBody } from '../../../../shared/model/error_body.js';

const size = 64 * 1024 ** 2;

test.each(['\0', '\u001b[', 'a line\n', '\uFFFD'])(
  'an error of 64 MiB of %j becomes short without ending the process',
  (unit) => {
    const { message } = toErrorBody(new AppError('io', unit.repeat(size / unit.length)), [
      'a secret that stands nowhere',
    ]);
    expect(message.length).toBeLessThanOrEqual(4000);
    expect(message).toMatch(/… \[\d+ characters left out\]$/);
  },
);

test('no half of a secret is left where such an error is cut', () => {
  const secret = 'hunter2-hunter2-hunter2';
  for (let before = 0; before < secret.length; before += 1) {
    const [colours, text] = ['\u001b[1m'.repeat(20_000), `${'x'.repeat(before)}${secret.repeat(10_000)}`];
    const { message } = toErrorBody(new AppError('io', colours.slice(0, 73_000 - (73_000 % 4)) + text), [secret]);
    expect(message.replace(/… \[\d+ characters left out\]$/, '')).not.toContain('hunt');
  }
});
