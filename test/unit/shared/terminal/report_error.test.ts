// What is said when something goes wrong.
import { describe, expect, it } from 'vitest';
import { reportError } from '../../../../shared/terminal/report_error.js';
import { createScreen } from '../../../../shared/terminal/screen/screen.js';
import { AppError } from '../../../../shared/errors.js';
import { fakeStream } from '../../agent/cli/fake_world.js';

function report(thrown: unknown, options: { json?: boolean; debug?: boolean } = {}) {
  const { json = false, debug = false } = options;
  const [stdout, stderr] = [fakeStream(), fakeStream()];
  const exitCode = reportError(thrown, {
    screen: createScreen({ stdout, stderr, env: {} }),
    json,
    debug,
    program: 'drover-agent',
    forbiddenHint: 'run them as root',
  });
  return { exitCode, stdout: stdout.written, stderr: stderr.written };
}

describe('an error', () => {
  const refusal = new AppError('busy', 'testsite is busy', { hint: 'wait\nor cancel' });

  it('is said on standard error, with its way out below it and its exit code', () => {
    expect(report(refusal)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'drover-agent: testsite is busy\n  wait\n  or cancel\n',
    });
  });

  it('is one object on standard output under --json', () => {
    const { exitCode, stdout, stderr } = report(refusal, { json: true });
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'busy', message: 'testsite is busy', hint: 'wait\nor cancel' },
    });
    expect(stderr).toBe('');
  });

  it('that nobody expected points to how to find out more, and shows its stack only then', () => {
    const bug = new TypeError('x is undefined');
    expect(report(bug)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('DROVER_DEBUG=1') });
    expect(report(bug).stderr).not.toContain('report_error.test');
    expect(report(bug, { debug: true }).stderr).toContain('report_error.test');
  });

  it('about missing rights says whose they are', () => {
    const forbidden = Object.assign(new Error('EACCES: permission denied'), {
      code: 'EACCES',
      errno: -13,
      syscall: 'open',
    });
    expect(report(forbidden).stderr).toContain('run them as root');
  });
});
