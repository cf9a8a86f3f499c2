// A terminal's keyboard: single keys that a test presses.
import { PassThrough } from 'node:stream';

export interface FakeKeyboard extends PassThrough {
  isTTY: true;
  isRaw: boolean;
  setRawMode(isRaw: boolean): void;
}

export function fakeKeyboard(): FakeKeyboard {
  const keyboard = Object.assign(new PassThrough(), {
    isTTY: true as const,
    isRaw: false,
    setRawMode(isRaw: boolean) {
      keyboard.isRaw = isRaw;
    },
  });
  return keyboard;
}
