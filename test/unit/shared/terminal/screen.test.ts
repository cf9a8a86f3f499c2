// Where words go, and the line that is replaced.
import { describe, expect, it } from 'vitest';
import { createScreen } from '../../../../shared/terminal/screen/screen.js';
import { fakeStream } from '../../agent/cli/fake_world.js';

function open(isTerminal: boolean, env: Record<string, string> = {}) {
  const stdout = fakeStream(isTerminal);
  const stderr = fakeStream(isTerminal);
  return { screen: createScreen({ stdout, stderr, env }), stdout, stderr };
}

function printed(isTerminal: boolean, env: Record<string, string> = {}): string {
  const { screen, stdout } = open(isTerminal, env);
  screen.print(screen.style.bold(`a ${screen.style.red('x')}`));
  return stdout.written;
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
    expect(printed(true)).toBe('\u001b[1ma \u001b[22m\u001b[1m\u001b[31mx\u001b[39m\u001b[22m\n');
    expect(printed(false)).toBe('a x\n');
    expect(printed(true, { NO_COLOR: '1' })).toBe('a x\n');
    expect(printed(true, { TERM: 'dumb' })).toBe('a x\n');
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

  it('draws a frame with its styles in place, cut to the width and height of the terminal as they are now', () => {
    const { screen, stdout } = open(true);
    screen.showFrame(`a${screen.style.red('b'.repeat(100))}`);
    expect(stdout.written).toBe(`a\u001b[31m${'b'.repeat(78)}\u001b[39m`);
    const low = { ...fakeStream(true), rows: 3, columns: 10 };
    const other = createScreen({ stdout: low, stderr: low, env: { NO_COLOR: '1' } });
    other.showFrame('1\n2\n3\n4');
    expect(low.written).toBe('1\n2');
    low.rows = 5;
    low.columns = 200;
    expect([other.width, other.height]).toEqual([200, 5]);
    other.showFrame('1\n2\n3\n4');
    expect(low.written).toBe('1\n2\r\u001b[1A\u001b[J1\n2\n3\n4');
    other.showFrame('one\rtwo\u001b[2Jthree');
    expect(low.written.split('\u001b[J').at(-1)).toBe('one\ntwothree');
  });

  it('redraws several pending lines in place, as many as the terminal has rows for', () => {
    const { screen, stdout } = open(true, { NO_COLOR: '1' });
    screen.showPending('a\nb\nc');
    screen.print('text');
    screen.showPending('d');
    screen.showPending(null);
    const clear = '\r\u001b[2A\u001b[J';
    expect(stdout.written).toBe(`a\nb\nc${clear}text\na\nb\nc${clear}d\r\u001b[K`);
    const low = { ...fakeStream(true), rows: 2, columns: 4 };
    createScreen({ stdout: low, stderr: stdout, env: { NO_COLOR: '1' } }).showPending('abcdef\nb');
    expect(low.written).toBe('abc');
  });

  it('shows no pending line in a pipe', () => {
    const { screen, stdout } = open(false);
    screen.showPending('… a');
    screen.showPending(null);
    expect(stdout.written).toBe('');
  });
});

describe('whatever a command prints', () => {
  const hostile = '\u001b]52;c;aGk=\u0007\u001b[2J\u009b2J\u202e\ufdd0\0\u2028\r!';
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  const steers = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]/;

  it('steers no terminal: answers, notes and the pending line are cleaned', () => {
    const { screen, stdout, stderr } = open(true, { NO_COLOR: '1' });
    screen.print(hostile);
    screen.note(hostile);
    screen.noteToPerson(hostile);
    expect(`${stdout.written}${stderr.written}`).not.toMatch(steers);
    screen.showPending(hostile);
    expect(stdout.written).not.toMatch(steers);
  });

  it('is styled by the program alone', () => {
    const { screen, stdout } = open(true);
    screen.print(`${screen.style.red(hostile)} end`);
    expect(stdout.written.replaceAll('\u001b[31m', '').replaceAll('\u001b[39m', '')).not.toMatch(steers);
    expect(stdout.written.endsWith('\u001b[39m end\n')).toBe(true);
  });

  it('is JSON that says the same, with control characters escaped', () => {
    const { screen, stdout } = open(true);
    screen.printJson({ hostile });
    screen.printJsonLine({ hostile });
    expect(stdout.written).not.toMatch(steers);
    const [last = ''] = stdout.written.trimEnd().split('\n').slice(-1);
    expect(JSON.parse(last)).toEqual({ hostile });
  });
});
