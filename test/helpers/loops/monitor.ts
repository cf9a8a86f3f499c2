// Loaded before a program (`node --import`): writes down when its event loop was blocked. No product code refers to it.
import { appendFileSync, openSync, readSync } from 'node:fs';
import net from 'node:net';

const tickMs = 25;
const { LOOP_FILE: file = '', LOOP_MIN_MS: minMs = '250', LOOP_FROM: from = 'listen' } = process.env;

/** Comparable between processes. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

// Opened once: a test may leave the program no descriptor to spare.
const schedstat = openSync('/proc/self/schedstat', 'r');
const buffer = Buffer.alloc(256);

/** How long the main thread has computed, and how long it was ready to and has waited for a processor. */
function readThread(): { atMs: number; computedMs: number; waitedMs: number } {
  const length = readSync(schedstat, buffer, 0, buffer.length, 0);
  const [computed, waited] = buffer.toString('latin1', 0, length).split(' ');
  return { atMs: nowMs(), computedMs: Number(computed) / 1e6, waitedMs: Number(waited) / 1e6 };
}

function watch(): void {
  let last = readThread();
  let noting: NodeJS.Timeout | undefined;
  // A test may stop the process. Its signal is handled after the timers.
  process.on('SIGCONT', () => {
    clearTimeout(noting);
    last = readThread();
  });
  const tick = () => {
    const now = readThread();
    const lateMs = now.atMs - last.atMs - tickMs;
    if (lateMs >= Number(minMs)) {
      const lateness = {
        program: process.argv.slice(1).join(' '),
        pid: process.pid,
        fromMs: last.atMs,
        toMs: now.atMs,
        computedMs: now.computedMs - last.computedMs,
        blockedMs: lateMs - (now.waitedMs - last.waitedMs),
      };
      noting = setTimeout(() => note(lateness), tickMs);
    }
    last = now;
  };
  setInterval(tick, tickMs).unref();
}

function note(lateness: object): void {
  try {
    appendFileSync(file, `${JSON.stringify(lateness)}\n`);
  } catch {
    // The test has ended and has removed its folder.
  }
}

/** Loading the program's modules does not count: it is watched from when it first listens. */
function watchOnceListening(): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with the server
  const { listen } = net.Server.prototype;
  const listenAndWatch = function listenAndWatch(this: net.Server, ...args: unknown[]): net.Server {
    Object.assign(net.Server.prototype, { listen });
    watch();
    return Reflect.apply(listen, this, args);
  };
  Object.assign(net.Server.prototype, { listen: listenAndWatch });
}

if (from === 'start') watch();
else watchOnceListening();
