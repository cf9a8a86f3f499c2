// Which tenants a retry would take, and which it would not.
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { Retried } from '../../../../shared/wire/rollouts_api.js';
import { describeSignature } from '../../../../shared/model/failure_signature.js';
import { showSafely } from '../../../../shared/terminal/screen/format.js';
import { showNames } from './rollout_words.js';

const most = 20;

/** Several lines, without the end of the last one. */
export function renderRetried({ retried, held }: Retried, style: Style): string {
  const bySignature = new Map<string, string[]>();
  for (const { slug, signature } of held) bySignature.set(signature, [...(bySignature.get(signature) ?? []), slug]);
  return [
    ...(retried.length === 0
      ? []
      : [`to be tried again (${retried.length}): ${showNames(retried, retried.length, most)}`]),
    ...[...bySignature].flatMap(([signature, slugs]) => [
      style.yellow(`held until --fixed (${slugs.length}): ${showNames(slugs, slugs.length, most)}`),
      `  failed at this very commit: ${showSafely(describeSignature(signature))}`,
    ]),
  ].join('\n');
}
