// News of what is stored: who waits for more of an upgrade, or for an answer, is woken and looks again.
import { EventEmitter } from 'node:events';

export interface Notifier {
  /** There is something new about this upgrade or order. */
  notify(id: string): void;
  /** From here on no news of `id` is missed. */
  subscribe(id: string): Subscription;
}

export interface Subscription {
  /** Resolves at the first news since it last resolved; rejects when `signal` aborts. */
  next(signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createNotifier(): Notifier {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    notify: (id) => void emitter.emit(id),
    subscribe(id) {
      let isNews = false;
      let wake: (() => void) | null = null;
      const ring = () => {
        isNews = true;
        wake?.();
      };
      emitter.on(id, ring);
      return {
        async next(signal) {
          signal.throwIfAborted();
          if (!isNews) {
            await new Promise<void>((resolve) => {
              const go = () => {
                // One signal outlives many waits.
                signal.removeEventListener('abort', go);
                resolve();
              };
              wake = go;
              signal.addEventListener('abort', go);
            });
          }
          wake = null;
          isNews = false;
          signal.throwIfAborted();
        },
        close: () => emitter.off(id, ring),
      };
    },
  };
}
