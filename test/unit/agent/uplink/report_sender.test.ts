// The reports of one connection: the first whole, then only what has changed, one after the other.
import { expect, it } from 'vitest';
import { createReportSender } from '../../../../agent/uplink/report_sender.js';
import type { ReportChanges } from '../../../../shared/model/report/report_changes.js';
import type { Report } from '../../../../shared/model/report/report.js';
import { makeReport, reportedTenant } from '../../../helpers/controller/protocol_peer.js';

function open(first: Report) {
  const host = { now: first, made: 0, fails: false };
  const frames: (Report | ReportChanges)[] = [];
  const sender = createReportSender({
    async report() {
      host.made += 1;
      return host.now;
    },
    async send(frame) {
      if (host.fails) throw new Error('the connection has ended');
      frames.push(frame);
    },
  });
  return { host, frames, sender };
}

const three = makeReport(['a', 'b', 'c'].map((slug) => reportedTenant(slug)));
const moved = reportedTenant('b', { drift: 'moved' });
const changed = { ...three, tenants: [reportedTenant('a'), moved, reportedTenant('c')] };

it('sends the first report whole, then what has changed, and nothing where nothing has', async () => {
  const { host, frames, sender } = open(three);
  await sender.send();
  await sender.send();
  host.now = changed;
  await sender.send();
  expect(frames).toEqual([three, { type: 'report_changes', tenants: [moved], gone: [] }]);
  host.now = makeReport([moved]);
  await sender.send();
  expect(frames[2]).toEqual(host.now);
});

it('makes one report of all that is asked for while another one is made', async () => {
  const { host, frames, sender } = open(three);
  const first = sender.send();
  await Promise.resolve();
  const later = [sender.send(), sender.send(), sender.send()];
  host.now = changed;
  await Promise.all([first, ...later]);
  expect(host.made).toBe(2);
  expect(frames.map(({ type }) => type)).toEqual(['report', 'report_changes']);
});

it('tells again what could not be sent', async () => {
  const { host, frames, sender } = open(three);
  await sender.send();
  host.now = changed;
  host.fails = true;
  await expect(sender.send()).rejects.toThrow('has ended');
  host.fails = false;
  await sender.send();
  expect(frames).toEqual([three, { type: 'report_changes', tenants: [moved], gone: [] }]);
});
