// Wakes waiters: at a notification about a key, at a call, or after a time.

export interface Waiting {
  /** Ends the wait after this long. */
  timeoutMs?: number;
  /** Rejects the wait, with the signal's reason. One signal may outlive many waits. */
  signal?: AbortSignal;
}

export interface Subscription {
  /** Resolves at the first notification since it last resolved, or when the time is over. One call at a time. */
  next(waiting?: Waiting): Promise<void>;
  /** Ends the subscription. May be called again. */
  close(): void;
}

/** A subscription to calls of its own `notify`. */
export interface WakeUp extends Subscription {
  notify: () => void;
}

/** A notification between two waits is not lost. `close` calls `onClose`. */
export function createWakeUp(onClose: () => void = () => undefined): WakeUp {
  let isNotified = false;
  let wake: (() => void) | null = null;

  function wait({ timeoutMs, signal }: Waiting): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(go, timeoutMs);
      function go(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', go);
        wake = null;
        resolve();
      }
      wake = go;
      signal?.addEventListener('abort', go);
    });
  }

  return {
    notify() {
      isNotified = true;
      wake?.();
    },
    async next(waiting = {}) {
      waiting.signal?.throwIfAborted();
      if (!isNotified) await wait(waiting);
      isNotified = false;
      waiting.signal?.throwIfAborted();
    },
    close: onClose,
  };
}

export interface Notifier {
  /** Wakes all subscriptions to `key`. */
  notify(key: string): void;
  /** Subscribes to `key`: no notification from now on is lost. */
  subscribe(key: string): Subscription;
}

/** Subscriptions by key; a key without any costs nothing. */
export function createNotifier(): Notifier {
  const subscriptions = new Map<string, Set<WakeUp>>();

  function close(key: string, wakeUp: WakeUp): void {
    const others = subscriptions.get(key);
    others?.delete(wakeUp);
    if (others?.size === 0) subscriptions.delete(key);
  }

  return {
    notify(key) {
      for (const wakeUp of subscriptions.get(key) ?? []) wakeUp.notify();
    },
    subscribe(key) {
      const wakeUp = createWakeUp(() => close(key, wakeUp));
      const others = subscriptions.get(key) ?? new Set();
      subscriptions.set(key, others.add(wakeUp));
      return wakeUp;
    },
  };
}
