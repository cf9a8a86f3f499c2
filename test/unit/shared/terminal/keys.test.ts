// Keys that a person presses, and the answer to a question.
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm } from '../../../../shared/terminal/screen/confirm.js';
import { interruptKey, readKeys } from '../../../../shared/terminal/screen/keys.js';
import { createScreen } from '../../../../shared/terminal/screen/screen.js';
import { fakeKeyboard } from '../../../helpers/fake_terminal.js';
import { fakeStream } from '../../agent/cli/fake_world.js';

describe('keys', () => {
  it('come one by one while they are read, Ctrl-C too; then the terminal is as it was', async () => {
    const keyboard = fakeKeyboard();
    const keys: string[] = [];
    const stop = readKeys(keyboard, (key) => keys.push(key));
    expect(keyboard.isRaw).toBe(true);
    keyboard.write(`pa${interruptKey}`);
    await expect.poll(() => keys).toEqual(['p', 'a', interruptKey]);
    stop?.();
    expect([keyboard.isRaw, keyboard.isPaused(), keyboard.listenerCount('data')]).toEqual([false, true, 0]);
  });

  it('are none where standard input is no terminal', () => {
    expect(readKeys(Readable.from(['p']), () => undefined)).toBe(null);
  });
});

const ask = (typed: string | null, json = false) => {
  const [stdout, stderr] = [fakeStream(true), fakeStream(true)];
  const keyboard = fakeKeyboard();
  const stdin = typed === null ? Readable.from([]) : keyboard;
  const answer = confirm({ stdin, json, screen: createScreen({ stdout, stderr, env: {} }) }, 'Really?');
  if (typed !== null) keyboard.write(typed);
  return { answer, stderr };
};

describe('a question', () => {
  it.each([
    ['y\n', true],
    ['Yes\n', true],
    ['n\n', false],
    ['\n', false],
    ['yesterday\n', false],
  ])('answered by %j is %s', async (typed, is) => {
    const { answer, stderr } = ask(typed);
    expect(await answer).toBe(is);
    expect(stderr.written).toBe('Really? [y/N]\n');
  });

  it('that ends without an answer, by Ctrl-D, is a no', async () => {
    const stdin = fakeKeyboard();
    const screen = createScreen({ stdout: fakeStream(true), stderr: fakeStream(true), env: {} });
    const answer = confirm({ stdin, json: false, screen }, 'Really?');
    stdin.end();
    expect(await answer).toBe(false);
  });

  it('that nobody can answer is refused, and --yes is named', async () => {
    const error = { code: 'usage', hint: expect.stringContaining('`--yes`') };
    await expect(ask(null).answer).rejects.toMatchObject(error);
    await expect(ask('y\n', true).answer).rejects.toMatchObject(error);
  });
});
