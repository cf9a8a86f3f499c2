// What must be true of a tenant that was upgraded to the fixed release, whichever program was killed meanwhile.
import { printSnapshots, takeSnapshot, readHookRuns, type HookRun, type Snapshot } from '../snapshot.js';
import { indexPart, indexParts, fixedTag } from '../fixed_release.js';
import type { DemoTenant } from '../app/make_tenant.js';
import { verify } from '../verify.js';

/** The log has every line that the slow hook printed. */
export function checkLog(log: string): void {
  const wanted = Array.from({ length: indexParts }, (_, index) => indexPart(index + 1));
  const found = log.split('\n').flatMap((line) => wanted.filter((part) => line.endsWith(part)));
  verify('the log has every line of the hook, once, in order', found, wanted);
}

/** `hook` is the one that was running during the kill. */
export async function checkTenant(
  tenant: DemoTenant,
  { before, hook }: { before: Snapshot; hook: HookRun | undefined },
): Promise<void> {
  const { slug } = tenant;
  const after = await takeSnapshot(tenant);
  printSnapshots(slug, before, after);
  verify(`${slug} answers as ${fixedTag}`, after.version, fixedTag);
  verify(`${fixedTag} is checked out`, after.commit, `Release ${fixedTag}`);
  verify('no note is lost', after.texts.length, before.texts.length);
  const ran = after.hooks.slice(before.hooks.length);
  const twice = ran.filter((name, index) => ran.indexOf(name) !== index);
  verify('no hook ran twice', twice, []);
  verify(
    'the hook that was running during the kill ran once, in one process',
    (await readHookRuns(tenant)).at(-1),
    hook,
  );
}
