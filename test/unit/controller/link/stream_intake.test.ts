// When a host has told all that it announced, as far as its streams say.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createStreamIntake } from '../../../../controller/link/stream_intake.js';
import { controllerLimits } from '../../../../controller/limits.js';
import type { ControllerFrame } from '../../../../shared/wire/protocol.js';

/** The intake of a host of which nothing is stored yet. */
function openIntake() {
  const seen = { caughtUp: new Array<string>(), failed: new Array<unknown>(), sent: new Array<ControllerFrame>() };
  const intake = createStreamIntake({
    flow: { hold: () => undefined },
    events: {
      findWanted: async (_host, heads) => heads.map(({ upgrade }) => upgrade),
      openStream: async (_host, upgrade) => ({
        position: () => ({ upgrade, events: 0, outputs: {} }),
        add: async () => undefined,
      }),
    },
    log: { warn: () => undefined },
    send: (frame) => void seen.sent.push(frame),
    fail: (error) => void seen.failed.push(error),
    onCaughtUp: (host) => void seen.caughtUp.push(host),
  });
  const announce = async (streams: { upgrade: string; events: number }[], is_last = false) => {
    await intake.announce('h1', { streams, is_last });
    await nextTurn();
  };
  return { ...seen, intake, announce };
}

const line = (n: number) => ({ event: { type: 'line' as const, n, at: '', text: `${n}` } });

it('has caught up once all is stored that it announced when it connected', async () => {
  const { caughtUp, intake, announce } = openIntake();
  await announce([{ upgrade: 'u1', events: 2 }], true);
  for (const n of [1, 2]) {
    expect(caughtUp).toEqual([]);
    intake.store('h1', { type: 'stream', upgrade: 'u1', item: line(n) }, 10);
    await nextTurn();
  }
  expect(caughtUp).toEqual(['h1']);
});

it('has caught up, too, where a part of that cannot be read on the host', async () => {
  const { caughtUp, failed, intake, announce } = openIntake();
  await announce(
    ['u1', 'u2'].map((upgrade) => ({ upgrade, events: 2 })),
    true,
  );
  intake.store('h1', { type: 'stream', upgrade: 'u2', item: line(1) }, 10);
  await announce([{ upgrade: 'u2', events: 0 }]);
  expect(caughtUp).toEqual([]);
  await announce([{ upgrade: 'u1', events: 0 }]);
  expect(caughtUp).toEqual(['h1']);
  expect(failed).toEqual([]);
});

it('leaves the place of a stream that cannot be read to another one', async () => {
  const { sent, announce } = openIntake();
  const { max } = controllerLimits.openStreams;
  await announce(Array.from({ length: max + 1 }, (_unused, n) => ({ upgrade: `u${n}`, events: 2 })));
  await announce([{ upgrade: 'u1', events: 0 }]);
  const opened = sent.flatMap((frame) => (frame.type === 'stored' ? frame.streams : []));
  expect(opened.map(({ upgrade }) => upgrade).toSorted()).toEqual(
    Array.from({ length: max + 1 }, (_unused, n) => `u${n}`).toSorted(),
  );
});
