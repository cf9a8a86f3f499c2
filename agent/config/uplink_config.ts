// The key `controller` of agent.yaml: where the controller is, and how agent and controller know each other.
import { z } from 'zod';
import { absolutePath } from '../../shared/config/values.js';
import { isLoopback } from '../../shared/os/loopback.js';

const example = 'wss://drover.example.com';

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

export const uplinkSchema = z
  .strictObject({
    /** `wss://…`; the path of the controller's API is added to it. */
    url: z
      .string()
      .refine((text) => /^wss?:$/.test(parseUrl(text)?.protocol ?? ''), `must be a URL such as ${example}`)
      .refine((text) => {
        const { username = '', password = '', search = '', hash = '' } = parseUrl(text) ?? {};
        return [username, password, search, hash].every((part) => part === '');
      }, `must be a plain URL such as ${example}, without user, query or fragment`)
      .transform((text) => text.replace(/\/+$/, '')),
    /** Holds the secret that the controller knows its agents by. */
    secret_file: absolutePath,
    /** Certificates (PEM) that alone are trusted; the system's authorities without it. */
    ca_file: absolutePath.optional(),
    /** Without TLS anyone on the way reads the secret and can upgrade tenants. */
    insecure: z.boolean().default(false),
  })
  .superRefine(({ url, insecure }, context) => {
    const parsed = parseUrl(url);
    if (insecure || parsed?.protocol !== 'ws:' || isLoopback(parsed.hostname)) return;
    context.addIssue({
      code: 'custom',
      path: ['url'],
      message: 'must begin with wss:// to another machine (insecure: true allows it without TLS)',
    });
  });
export type UplinkConfig = z.infer<typeof uplinkSchema>;
