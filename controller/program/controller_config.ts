// Reads controller.yaml. Every key has a default, so `{}` is a valid file.
import path from 'node:path';
import { z } from 'zod';
import { configError, type ConfigSource } from '../../shared/config/config_source.js';
import { parseConfig } from '../../shared/config/parse_config.js';
import { readYaml } from '../../shared/config/yaml.js';
import { absolutePath, duration } from '../../shared/config/values.js';
import { isNetwork } from '../auth/proxies.js';
import { logLevels } from '../../shared/os/log_levels.js';
import { controllerLimits } from '../limits.js';
import { isRange } from '../webhooks/address_rules.js';
import { isLoopback } from '../../shared/os/loopback.js';

const dayMs = 86_400_000;

const address = /^(\[[0-9a-f:]+\]|[^:[\]]+):(\d{1,5})$/i;

/** Of http or https, with a host and perhaps a port, and nothing else. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username, password } = new URL(text);
  return (
    /^https?:$/.test(protocol) && pathname === '/' && [search, hash, username, password].every((part) => part === '')
  );
}

const dialled = z
  .string()
  .refine(isPlainUrl, { message: 'must be a plain URL such as https://drover.example.com' })
  .transform((text) => new URL(text).origin);

export const controllerFileSchema = z.strictObject({
  /** Where it listens, for agents and operators alike. */
  listen: z
    .string()
    .refine((text) => address.test(text) && Number(address.exec(text)?.[2]) <= 65_535, {
      message: 'must be an address and a port, such as 127.0.0.1:7400 or [::1]:7400',
    })
    .default('127.0.0.1:7400'),
  /** What agents and people dial; it is `listen` without it. A proxy before the controller has another name. */
  url: dialled.optional(),
  /** More that hosts dial: a former name, another proxy. */
  other_urls: z.array(dialled).max(controllerLimits.otherUrls.max).default([]),
  /** Without it the controller speaks plain HTTP. */
  tls: z
    .strictObject({
      /** PEM: its certificate, and those of the CAs between it and the root. */
      cert_file: absolutePath,
      key_file: absolutePath,
    })
    .optional(),
  /** Allows `listen` on an address other than loopback without TLS. */
  insecure: z.boolean().default(false),
  /** The proxies before it, whose `X-Forwarded-For` says where a request comes from. */
  trusted_proxies: z
    .array(
      z.string().refine(isNetwork, { message: 'must be an address or a network, such as 127.0.0.1 or 10.0.0.0/8' }),
    )
    .default([]),
  data_dir: absolutePath.default('/var/lib/drover-controller'),
  keep: z
    .strictObject({
      /** How long the streams of ended upgrades are kept. Their results are kept forever. */
      logs: duration.prefault('180d'),
    })
    .prefault({}),
  webhooks: z
    .strictObject({
      /** Addresses that are no public ones, to which webhooks may go all the same; and http:// to them. */
      allow: z
        .array(z.string().refine(isRange, { message: 'must be an address or a range, such as 10.0.0.0/8' }))
        .max(controllerLimits.webhookRanges.max)
        .default([]),
      /** How long a host is away before webhooks are told that it is offline, and is back before they are told of that. */
      offline_after: duration
        .refine((ms) => ms >= 1000 && ms <= dayMs, { message: 'must be from 1s to 1d' })
        .prefault('60s'),
    })
    .prefault({}),
  log_level: z.enum(logLevels).default('info'),
});

export interface ControllerConfig extends Omit<z.infer<typeof controllerFileSchema>, 'listen'> {
  host: string;
  port: number;
  /** What agents and people dial, without a slash at its end. */
  url: string;
  /** Where each key is, for errors that are found later. */
  source: ConfigSource;
}

/** Reads and checks controller.yaml. Throws AppError `config` naming file, line and key. */
export async function loadControllerConfig(file: string): Promise<ControllerConfig> {
  const absolute = path.resolve(file);
  const source = await readYaml(absolute);
  refuseOldKey(source);
  const { listen, ...config } = parseConfig(controllerFileSchema, source);
  const [, name = '', port = ''] = address.exec(listen) ?? [];
  const host = name.replaceAll(/[[\]]/g, '');
  if (!isLoopback(host) && !config.insecure && config.tls === undefined) {
    throw configError(source, [{ path: ['listen'], what: `${listen} is not loopback, and there is no TLS` }], {
      hint: 'set `tls` to a certificate and its key, listen on 127.0.0.1 behind a TLS proxy, or set `insecure: true` on a private network',
    });
  }
  if (config.url === undefined && isUnspecified(host)) {
    throw configError(source, [{ path: ['listen'], what: `${listen} is no address that a host can dial` }], {
      hint: 'add `url`: what hosts and people dial, such as https://drover.example.com',
    });
  }
  const url = config.url ?? `${config.tls === undefined ? 'http' : 'https'}://${listen}`;
  return { ...config, url, host, port: Number(port), source };
}

const isUnspecified = (host: string) => /^[0.:]+$/.test(host);

/** The agents' secret, of before keys. */
function refuseOldKey(source: ConfigSource): void {
  if (!('agent_secret_file' in source.value)) return;
  throw configError(source, [{ path: ['agent_secret_file'], what: 'agents have no secret in common any more' }], {
    hint: 'remove it; each host joins with `drover join-tokens create` here and `drover-agent enroll` there',
  });
}
