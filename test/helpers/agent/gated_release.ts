// A release whose hook waits until the test opens its gate, or until its tenant's folder is removed.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AgentHost } from './agent_host.js';

const gate = `#!/bin/bash
echo "waiting at the gate"
until [ -e "$DATA_DIR/go" ]; do [ -d "$DATA_DIR" ] || exit 1; sleep 0.02; done
echo "through the gate"
`;

/** One after v0.2.0, which `makeTemplate` has. */
export const gatedRelease = { tag: 'v0.2.9', base: 'v0.2.0', files: { 'release/v0.2.9.post-pull.sh': gate } };

export function openGate({ tenant }: Pick<AgentHost, 'tenant'>): void {
  writeFileSync(path.join(tenant.dataDir, 'go'), '');
}
