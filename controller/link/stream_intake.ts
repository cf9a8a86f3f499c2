// Takes one connection's streams into the store, and pauses the agent while the store is behind.
import { AppError, toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { AgentFrameOf, ControllerFrame } from '../../shared/wire/protocol.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import { controllerLimits } from '../limits.js';
import type { IncomingStream } from '../store/port.js';
import type { SocketFlow } from './socket_flow.js';

/** The socket pauses above `maxUnstoredBytes`, and resumes below `fewUnstoredBytes`. */
const maxUnstoredBytes = 4 * 1024 ** 2;
const fewUnstoredBytes = 1024 ** 2;

export interface StreamIntake {
  /** Opens the announced streams that the store wants, and sends the agent how far each is stored. */
  announce(host: string, frame: Pick<AgentFrameOf<'streams'>, 'streams' | 'is_last'>): Promise<void>;
  /** Takes a stream's next item. Throws AppError `protocol` for a stream that is not open, or an item out of order. */
  store(host: string, frame: AgentFrameOf<'stream'>, sizeBytes: number): void;
}

export interface StreamIntakeOptions {
  flow: SocketFlow;
  events: Pick<AgentEvents, 'findWanted' | 'openStream'>;
  log: Pick<Log, 'warn'>;
  send: (frame: ControllerFrame) => void;
  /** Called with the error of an item that cannot be stored. */
  fail: (error: unknown) => void;
  /** Called once, when everything is stored that the host announced when it connected. */
  onCaughtUp: (host: string) => void;
}

/** The intake of one connection; its state ends with it. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createStreamIntake(options: StreamIntakeOptions): StreamIntake {
  const { flow, events, log, send, fail } = options;
  const streams = new Map<string, IncomingStream>();
  /** Announced upgrades whose streams wait to be opened, the latest last. */
  const waiting = new Set<string>();
  /** Upgrades whose streams are being opened. */
  const opening = new Set<string>();
  /** How many events were announced of all of these: an upgrade that was rolled back has finished twice in its stream. */
  const lengths = new Map<string, number>();
  /** Upgrades that the store refuses from this host. The rest of their streams is ignored. */
  const ignored = new Set<string>();
  /** Until the host has announced all that it keeps: what is not stored of that yet, and how many events it has. */
  const behind = new Map<string, number>();
  let hasAnnouncedAll = false;
  let hasCaughtUp = false;
  let unstoredBytes = 0;

  /** The events of an upgrade are stored that far, or never will be. */
  function noteStored(host: string, upgrade: string, events = Infinity): void {
    if (events >= (behind.get(upgrade) ?? Infinity)) behind.delete(upgrade);
    if (!hasAnnouncedAll || hasCaughtUp || behind.size > 0) return;
    hasCaughtUp = true;
    options.onCaughtUp(host);
  }

  function ignoreOrFail(host: string, upgrade: string, error: unknown): void {
    const { code } = toAppError(error);
    if (code !== 'forbidden' && code !== 'too-large') return fail(error);
    if (!ignored.has(upgrade)) log.warn({ host, upgrade, err: error }, 'the store refuses a stream of this host');
    ignored.add(upgrade);
    // Its agent sends the streams of ended upgrades one after the other: the first are over.
    forgetExcess(ignored, controllerLimits.refusedStreams.max);
    release(host, upgrade);
    noteStored(host, upgrade);
  }

  function hold(sizeBytes: number): void {
    unstoredBytes += sizeBytes;
    if (unstoredBytes > maxUnstoredBytes) flow.hold('unstored', true);
    else if (unstoredBytes < fewUnstoredBytes) flow.hold('unstored', false);
  }

  /** Opens waiting streams while there is room, the latest announced first: it is what operators wait for. */
  async function openNext(host: string): Promise<void> {
    const room = controllerLimits.openStreams.max - streams.size - opening.size;
    if (room <= 0 || waiting.size === 0) return;
    const next = [...waiting].slice(-room);
    for (const upgrade of next) {
      waiting.delete(upgrade);
      opening.add(upgrade);
    }
    try {
      const opened = await Promise.all(next.map((upgrade) => events.openStream(host, upgrade)));
      for (const stream of opened) streams.set(stream.position().upgrade, stream);
      send({ type: 'stored', streams: opened.map((stream) => stream.position()) });
    } finally {
      for (const upgrade of next) opening.delete(upgrade);
    }
  }

  /** Nobody waits for what the host cannot send. */
  function giveUp(host: string, upgrade: string): void {
    waiting.delete(upgrade);
    release(host, upgrade);
    noteStored(host, upgrade);
  }

  /** Another stream may be opened in its place. */
  function release(host: string, upgrade: string): void {
    lengths.delete(upgrade);
    if (streams.delete(upgrade) && waiting.size > 0) openNext(host).catch(fail);
  }

  return {
    async announce(host, { streams: heads, is_last: isLast = false }) {
      const announced = heads.filter(({ events: length }) => length > 0);
      for (const { upgrade, events: length } of heads) if (length === 0) giveUp(host, upgrade);
      // An open stream continues by itself. A stream that is being opened must not be opened twice.
      const isKnown = (upgrade: string) => streams.has(upgrade) || opening.has(upgrade) || waiting.has(upgrade);
      const fresh = announced.filter(({ upgrade }) => !isKnown(upgrade));
      const wanted = await events.findWanted(host, fresh);
      // The same upgrade may have been announced again meanwhile.
      for (const upgrade of wanted) if (!isKnown(upgrade)) waiting.add(upgrade);
      for (const { upgrade, events: length } of announced) {
        if (isKnown(upgrade)) lengths.set(upgrade, Math.max(length, lengths.get(upgrade) ?? 0));
      }
      if (!hasAnnouncedAll) {
        const ends = new Map(announced.map((head) => [head.upgrade, head.events]));
        for (const upgrade of wanted) behind.set(upgrade, ends.get(upgrade) ?? 0);
      }
      forgetExcess(waiting, controllerLimits.announcedStreams.max, (upgrade) => {
        lengths.delete(upgrade);
        behind.delete(upgrade);
      });
      await openNext(host);
      // What the store has of them may be all by now: a stream that is open already is not asked for again.
      for (const [upgrade, stream] of streams) noteStored(host, upgrade, stream.position().events);
      hasAnnouncedAll ||= isLast;
      noteStored(host, '');
    },
    store(host, { upgrade, item }, sizeBytes) {
      if (ignored.has(upgrade)) return;
      const stream = streams.get(upgrade);
      if (stream === undefined) throw new AppError('protocol', `a stream that was not asked for: ${upgrade}`);
      const isEnd =
        'event' in item && item.event.type === 'finish' && item.event.n >= (lengths.get(upgrade) ?? item.event.n);
      // A rollback or a resume may announce the upgrade again.
      if (isEnd) release(host, upgrade);
      hold(sizeBytes);
      stream
        .add(item)
        .then(() => {
          if ('event' in item) noteStored(host, upgrade, item.event.n);
          return isEnd ? send({ type: 'stored', streams: [stream.position()] }) : undefined;
        })
        .catch((error: unknown) => ignoreOrFail(host, upgrade, error))
        .finally(() => hold(-sizeBytes));
    },
  };
}

/** Removes the first items of a set that has more than `max`. */
function forgetExcess(items: Set<string>, max: number, forget: (item: string) => void = () => undefined): void {
  for (const item of items) {
    if (items.size <= max) return;
    items.delete(item);
    forget(item);
  }
}
