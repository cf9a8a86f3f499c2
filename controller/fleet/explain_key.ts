// What is wrong with the key of a host, and what to do about it.
import type { ReportedProblem } from '../../shared/model/report.js';
import type { StoredHost } from '../store/stored.js';

/** Nothing for a key that is accepted. Pure. */
export function explainKey(host: string, key: StoredHost['host_key']): ReportedProblem[] {
  if (key?.state === 'quarantined') {
    const from = key.places.length === 0 ? '' : `, from ${[...new Set(key.places)].join(' and ')}`;
    return [
      {
        message: `two machines use its key${from}: it is refused for both since ${key.since}`,
        hint: `Give the copy another \`host\` name; then, on each, \`drover-agent enroll --reset\` with a join token for its name: drover join-tokens create --host ${host}`,
      },
    ];
  }
  if (key?.state !== 'revoked') return [];
  return [
    {
      message: `its key was revoked at ${key.since}${key.why === null ? '' : `: ${key.why}`}`,
      hint: `It joins again with \`drover-agent enroll --reset\` and a join token: drover join-tokens create --host ${host}`,
    },
  ];
}
