// The key `controller` of agent.yaml: the controller's URL, and how agent and controller authenticate to each other.
import { z } from 'zod';
import { absolutePath } from '../../shared/config/values.js';
import { isLoopback } from '../../shared/os/loopback.js';
import { trimEndOf } from '../../shared/trim_end.js';

const example = 'wss://drover.example.com';

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** Of http, with a host, and without a user, a path, a query or a fragment. */
function isProxyUrl(text: string): boolean {
  const { protocol, username, password, pathname, search, hash } = parseUrl(text) ?? new URL('about:blank');
  return protocol === 'http:' && pathname === '/' && [username, password, search, hash].every((part) => part === '');
}

/** What goes into a header as `user:password`: a colon would end the name. */
const userName = z.string().regex(/^[^:\p{Cc}]{1,200}$/u, { error: 'must be a name without a colon' });

/** An HTTP proxy on the way to the controller; a URL alone is one that asks for no password. */
const proxySchema = z.preprocess(
  (value) => (typeof value === 'string' ? { url: value } : value),
  z
    .strictObject({
      url: z.string().refine(isProxyUrl, {
        error:
          'must be a plain URL such as http://proxy.example.com:3128; a user is `username` beside it, a password the content of `password_file`',
      }),
      username: userName.optional(),
      /** Of the user: neither in this file, nor in what a process shows. */
      password_file: absolutePath.optional(),
    })
    .refine(({ username, password_file: file }) => (username === undefined) === (file === undefined), {
      error: 'needs both `username` and `password_file`, or neither',
    }),
);

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
      .transform((text) => trimEndOf(text, '/')),
    /** The only trusted CAs (PEM); the system's CAs without it. */
    ca_file: absolutePath.optional(),
    proxy: proxySchema.optional(),
    /** Allows a connection without TLS, on which an eavesdropper reads all, and changes what it likes. */
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
