// Where words go, and the line that is replaced.
import { describe, expect, it } from 'vitest';
import { createScreen } from '../../../../shared/terminal/screen.js';
import { fakeStream } from '../../agent/cli/fake_world.js';

function open(isTerminal: boolean, env: Record<string, string> = {}) {
  const stdout = fakeStream(isTerminal);
  const stderr = fakeStream(isTerminal);
  return { screen: createScreen({ stdout, stderr, env }), stdout, stderr };
}

describe('a screen', () => {
  it('prints the answer to standard output, and what is beside it to standard error', () => {
    const { screen, stdout, stderr } = open(false);
    screen.print('answer');
    screen.note('note');
    expect([stdout.written, stderr.written]).toEqual(['answer\n', 'note\n']);
  });

  it('notes to a person what a machine need not know', () => {
    const [person, machine] = [open(true), open(false)];
    person.screen.noteToPerson('by the way');
    machine.screen.noteToPerson('by the way');
    expect([person.stderr.written, machine.stderr.written]).toEqual(['by the way\n', '']);
  });

  it('has colours on a terminal only, and none where they are not wanted', () => {
    expect(open(true).screen.style.red('x')).toBe('\u001b[31mx\u001b[39m');
    expect(open(false).screen.style.red('x')).toBe('x');
    expect(open(true, { NO_COLOR: '1' }).screen.style.red('x')).toBe('x');
    expect(open(true, { TERM: 'dumb' }).screen.style.red('x')).toBe('x');
  });

  it('keeps the pending line below what is printed, and takes it away', () => {
    const { screen, stdout } = open(true, { NO_COLOR: '1' });
    screen.showPending('… a');
    screen.print('text');
    screen.showPending(null);
    expect(stdout.written).toBe('… a\r\u001b[Ktext\n… a\r\u001b[K');
  });

  it('cuts a pending line to the width of the terminal', () => {
    const { screen, stdout } = open(true, { NO_COLOR: '1' });
    screen.showPending('x'.repeat(200));
    expect(stdout.written).toBe('x'.repeat(79));
  });

  it('shows no pending line in a pipe', () => {
    const { screen, stdout } = open(false);
    screen.showPending('… a');
    screen.showPending(null);
    expect(stdout.written).toBe('');
  });
});
