// Which changes of agent.yaml count while the agent runs, and which count after its restart.
import { isDeepStrictEqual } from 'node:util';
import type { AgentConfig } from './agent_config.js';

export interface ConfigInUse {
  /** What counts now. */
  now(): AgentConfig;
  /** Takes what may change while the agent runs; the other changed keys, which count after a restart. */
  take(written: AgentConfig): string[];
}

/** What the agent was started with counts until something else is taken. */
export function holdConfig(started: AgentConfig): ConfigInUse {
  let config = started;
  return {
    now: () => config,
    take(written) {
      const { log_dir, log_level, max_concurrent, keep, tenant_defaults } = written;
      config = { ...config, log_dir, log_level, max_concurrent, keep, tenant_defaults };
      const [inUse, wanted] = [new Map(Object.entries(config)), new Map(Object.entries(written))];
      const keys = new Set([...inUse.keys(), ...wanted.keys()].filter((key) => key !== 'tenant_defaults'));
      return [...keys].filter((key) => !isDeepStrictEqual(inUse.get(key), wanted.get(key)));
    },
  };
}
