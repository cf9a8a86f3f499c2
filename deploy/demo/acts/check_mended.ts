// What must be true of a tenant that was upgraded to the mended release, whatever was killed on the way.
import { compareLooks, lookAt, readHookRuns, type HookRun, type Look } from '../look.js';
import { indexPart, indexParts, mendedTag } from '../mended_release.js';
import type { DemoTenant } from '../app/make_tenant.js';
import { verify } from '../verify.js';

/** The stream tells of every line that the slow hook printed. */
export function checkStream(stream: string): void {
  const wanted = Array.from({ length: indexParts }, (_, index) => indexPart(index + 1));
  const told = stream.split('\n').flatMap((line) => wanted.filter((part) => line.endsWith(part)));
  verify('every line of the hook is there, once, in order', told, wanted);
}

/** `hook` is the one that was running when something was killed. */
export async function checkTenant(
  tenant: DemoTenant,
  { before, hook }: { before: Look; hook: HookRun | undefined },
): Promise<void> {
  const { slug } = tenant;
  const after = await lookAt(tenant);
  compareLooks(slug, before, after);
  verify(`${slug} answers as ${mendedTag}`, after.version, mendedTag);
  verify('its code is checked out', after.commit, `Release ${mendedTag}`);
  verify('every note is there', after.texts.length, before.texts.length);
  const ran = after.hooks.slice(before.hooks.length);
  const twice = ran.filter((name, index) => ran.indexOf(name) !== index);
  verify('no hook ran twice', twice, []);
  verify('the hook that was running then ran once, in one process', (await readHookRuns(tenant)).at(-1), hook);
}
