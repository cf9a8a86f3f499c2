// The outbound HTTP proxy between an agent and its controller: every connection is a tunnel (CONNECT), with TLS inside.
import type { Agent } from 'node:http';
import { checkServerIdentity } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';

export interface ProxyTunnel {
  agent: Agent;
  /** The status of the proxy's answer to CONNECT; null before it. */
  status(): number | null;
}

/** A tunnel for one connection through this proxy. */
export function createProxyTunnel(proxy: string): ProxyTunnel {
  const agent = new HttpsProxyAgent(proxy);
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
