// The figures of this host: the kernel's, read without a process.
import { createHook } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { expect, it } from 'vitest';
import { parseMounts, readFigures } from '../../../../agent/report/host_figures.js';
import { hostFiguresSchema } from '../../../../shared/model/report/report.js';

/** A line of `mountinfo`. */
const line = (place: string, type: string, source: string) =>
  `36 35 98:0 / ${place} rw,noatime shared:1 - ${type} ${source} rw`;

it('are those of the kernel, and no process is started for them', async () => {
  const started: string[] = [];
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROCESSWRAP') started.push(type);
    },
  }).enable();
  const figures = await readFigures(os.tmpdir());
  hook.disable();
  expect(started).toEqual([]);
  expect(hostFiguresSchema.parse(figures)).toEqual(figures);
  const { bsize, blocks } = await statfs(os.tmpdir());
  expect(figures.state_disk.total_bytes).toBe(bsize * blocks);
  expect(figures.memory_available_bytes).toBeGreaterThan(0);
  expect(figures.memory_available_bytes).toBeLessThanOrEqual(os.totalmem());
  const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  expect(mounts).toEqual(expect.arrayContaining(figures.disks.map((disk) => disk.path)));
});

it('hold each disk of the machine once, and nothing that is no disk, or a user’s', () => {
  const text = [
    line('/', 'ext4', '/dev/sda1'),
    line('/srv/with\\040space\\134', 'xfs', '/dev/sdb'),
    line('/bind', 'ext4', '/dev/sda1'),
    line('/proc', 'proc', 'proc'),
    line('/home/acme/mnt', 'fuse.sshfs', 'acme@example.com:'),
    line('/net', 'nfs4', 'nas:/x'),
    line('/tmp', 'tmpfs', 'tmpfs'),
    '',
  ].join('\n');
  expect(parseMounts(text)).toEqual(['/', '/srv/with space\\']);
});
