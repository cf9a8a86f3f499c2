// Reads controller.yaml. Every key has a default, so `{}` is a valid file.
import path from 'node:path';
import { z } from 'zod';
import { configError } from '../../shared/config/config_source.js';
import { parseConfig } from '../../shared/config/parse_config.js';
import { readYaml } from '../../shared/config/yaml.js';
import { absolutePath, duration } from '../../shared/config/values.js';
import { logLevels } from '../../shared/os/log_levels.js';
import { isLoopback } from '../../shared/os/loopback.js';

const address = /^(\[[0-9a-f:]+\]|[^:[\]]+):(\d{1,5})$/i;

export const controllerFileSchema = z.strictObject({
  /** Where it listens, for agents and operators alike. */
  listen: z
    .string()
    .refine((text) => address.test(text) && Number(address.exec(text)?.[2]) <= 65_535, {
      message: 'must be an address and a port, such as 127.0.0.1:7400 or [::1]:7400',
    })
    .default('127.0.0.1:7400'),
  /** Allows `listen` on an address other than loopback, although the controller speaks no TLS. */
  insecure: z.boolean().default(false),
  data_dir: absolutePath.default('/var/lib/drover-controller'),
  /** The agents' secret; without it the controller creates one in `data_dir`. */
  agent_secret_file: absolutePath.optional(),
  keep: z
    .strictObject({
      /** How long the streams of ended upgrades are kept. Their results are kept forever. */
      logs: duration.prefault('180d'),
    })
    .prefault({}),
  log_level: z.enum(logLevels).default('info'),
});

export type ControllerConfig = Omit<z.infer<typeof controllerFileSchema>, 'listen'> & { host: string; port: number };

/** Reads and checks controller.yaml. Throws AppError `config` naming file, line and key. */
export async function loadControllerConfig(file: string): Promise<ControllerConfig> {
  const absolute = path.resolve(file);
  const source = await readYaml(absolute);
  const { listen, ...config } = parseConfig(controllerFileSchema, source);
  const [, name = '', port = ''] = address.exec(listen) ?? [];
  const host = name.replaceAll(/[[\]]/g, '');
  if (!isLoopback(host) && !config.insecure) {
    throw configError(
      source,
      [{ path: ['listen'], what: `${listen} is not loopback, and the controller speaks no TLS` }],
      {
        hint: 'listen on 127.0.0.1 behind a TLS proxy, or set `insecure: true` on a private network',
      },
    );
  }
  return { ...config, host, port: Number(port) };
}
