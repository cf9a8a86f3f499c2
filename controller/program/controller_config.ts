// The controller's file, controller.yaml; every key has a default, so that it may be empty but for `{}`.
import path from 'node:path';
import { z } from 'zod';
import { checkPermissions } from '../../shared/config/check_permissions.js';
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
  /** Without TLS it listens on loopback only, behind a proxy that speaks TLS; this is for those who know better. */
  insecure: z.boolean().default(false),
  data_dir: absolutePath.default('/var/lib/drover-controller'),
  /** What agents identify themselves with; made in `data_dir` where none is named. */
  agent_secret_file: absolutePath.optional(),
  /** What operators identify themselves with; made in `data_dir` where none is named. */
  operator_token_file: absolutePath.optional(),
  keep: z
    .strictObject({
      /** The streams of upgrades that have ended, with all output; their results are kept for good. */
      logs: duration.prefault('180d'),
    })
    .prefault({}),
  log_level: z.enum(logLevels).default('info'),
});

export type ControllerConfig = Omit<z.infer<typeof controllerFileSchema>, 'listen'> & { host: string; port: number };

/** Reads and checks controller.yaml. Throws AppError `config` naming file, line and key. */
export async function loadControllerConfig(file: string): Promise<ControllerConfig> {
  const absolute = path.resolve(file);
  await checkPermissions(absolute, 'config', {
    missingHint: `create ${absolute} (\`{}\` is enough), or name the right file`,
  });
  const source = await readYaml(absolute);
  const { listen, ...config } = parseConfig(controllerFileSchema, source);
  const [, name = '', port = ''] = address.exec(listen) ?? [];
  const host = name.replaceAll(/[[\]]/g, '');
  if (!isLoopback(host) && !config.insecure) {
    throw configError(
      source,
      [{ path: ['listen'], what: `${listen} is not loopback, and what passes there is not encrypted` }],
      {
        hint: 'listen on 127.0.0.1 behind a proxy that speaks TLS, or set `insecure: true` where the network is yours alone',
      },
    );
  }
  return { ...config, host, port: Number(port) };
}
