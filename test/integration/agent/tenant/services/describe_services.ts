// The contract of the port to services: what every adapter promises, held by each of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Services } from '../../../../../agent/tenant/services/port.js';
import type { ReadContext, RunContext } from '../../../../../agent/tenant/site.js';

export interface ServicesBench {
  services: Services;
  /** What `findRunning` says when all of them run. */
  names: readonly string[];
  /** Within one step a command of one key is run once. */
  acting: ReadContext & RunContext;
  /** Begins another step: no command has run in it. */
  beginStep: () => void;
  /** One of the services ends as if it had crashed. */
  crash: () => Promise<void>;
  close: () => Promise<void>;
}

const timeLimitMs = 5000;

/** `open` gives an adapter over services none of which runs. */
export function describeServices(name: string, open: () => Promise<ServicesBench>): void {
  let bench: ServicesBench;

  const findRunning = () => {
    bench.beginStep();
    return bench.services.findRunning(bench.acting, timeLimitMs);
  };
  const start = (running: readonly string[]) => {
    bench.beginStep();
    return bench.services.start(bench.acting, { running, timeLimitMs });
  };
  const stop = (running: readonly string[]) => {
    bench.beginStep();
    return bench.services.stop(bench.acting, { running, timeLimitMs });
  };

  describe(`${name} services`, () => {
    beforeEach(async () => {
      bench = await open();
    });
    afterEach(() => bench.close());

    describe('that do not run', () => {
      it('are checked, and named by nobody', async () => {
        await bench.services.check(bench.acting);
        expect(await findRunning()).toEqual([]);
      });

      it('are not started where none ran before', async () => {
        await start([]);
        expect(await findRunning()).toEqual([]);
      });
    });

    describe('that run', () => {
      beforeEach(async () => {
        await start(bench.names);
      });

      it('are named, and within one step as they were', async () => {
        expect(await findRunning()).toEqual(bench.names);
        bench.beginStep();
        const before = await bench.services.findRunning(bench.acting, timeLimitMs);
        await bench.services.stop(bench.acting, { running: bench.names, timeLimitMs });
        expect(await bench.services.findRunning(bench.acting, timeLimitMs)).toEqual(before);
      });

      it('are checked without being changed', async () => {
        await bench.services.check(bench.acting);
        await bench.services.check(bench.acting);
        expect(await findRunning()).toEqual(bench.names);
      });

      it('are stopped, however often, and started again', async () => {
        await stop(bench.names);
        expect(await findRunning()).toEqual([]);
        await stop(bench.names);
        expect(await findRunning()).toEqual([]);
        await start(bench.names);
        expect(await findRunning()).toEqual(bench.names);
      });

      it('may be started again, as after a stop that failed', async () => {
        await start(bench.names);
        expect(await findRunning()).toEqual(bench.names);
      });

      it('have one identity while nothing happens, and none once one has crashed', async () => {
        const before = await bench.services.identify(bench.acting);
        expect(await bench.services.identify(bench.acting)).toBe(before);
        await bench.crash();
        await expect(bench.services.identify(bench.acting)).rejects.toMatchObject({ code: 'unhealthy' });
      });

      it('are started again after a crash', async () => {
        await bench.crash();
        await start(bench.names);
        expect(await findRunning()).toEqual(bench.names);
      });
    });
  });
}
