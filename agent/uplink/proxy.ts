// The outbound HTTP proxy between an agent and its controller: every connection is a tunnel (CONNECT), with TLS inside.
import type { Agent } from 'node:http';
import { checkServerIdentity } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { AppError } from '../../shared/errors.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import type { UplinkConfig } from '../config/uplink_config.js';

/** A proxy, with what it asks for. */
export interface Proxy {
  url: string;
  /** Null where it asks for none. */
  login: ProxyLogin | null;
}

export interface ProxyLogin {
  username: string;
  password: string;
  /** Where the password is from. */
  file: string;
}

/** Reads the password; undefined without a proxy. Throws AppError `config` where its file cannot be used. */
export async function readProxy(config: UplinkConfig['proxy']): Promise<Proxy | undefined> {
  if (config === undefined) return undefined;
  const { url, username, password_file: file } = config;
  if (username === undefined || file === undefined) return { url, login: null };
  // Editors end a file with a newline.
  const password = (await readTrustedFile(file, 'secret')).toString().replace(/\r?\n$/, '');
  if (password !== '' && !/\p{Cc}/u.test(password)) return { url, login: { username, password, file } };
  throw new AppError('config', `${file}: holds ${password === '' ? 'nothing' : 'more than one line'}`, {
    hint: `Write the password of ${username} for the proxy ${url} into it, and nothing else.`,
  });
}

export interface ProxyTunnel {
  agent: Agent;
  /** The status of the proxy's answer to CONNECT; null before it. */
  status(): number | null;
}

/** A tunnel for one connection through this proxy. */
export function createProxyTunnel({ url, login }: Proxy): ProxyTunnel {
  const headers = login === null ? {} : { 'Proxy-Authorization': toBasic(login) };
  const agent = new HttpsProxyAgent(url, { headers });
  const connect = agent.connect.bind(agent);
  // Without this the library compares the certificate of an address, which is no name, with `localhost`.
  agent.connect = (request, options) => {
    if (!options.secureEndpoint) return connect(request, options);
    const { host } = options;
    return connect(request, {
      ...options,
      checkServerIdentity: (name, certificate) => checkServerIdentity(host ?? name, certificate),
    });
  };
  let status: number | null = null;
  agent.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
    status = statusCode;
  });
  return { agent, status: () => status };
}

const toBasic = ({ username, password }: ProxyLogin) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
