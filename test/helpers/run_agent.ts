// The agent as a process of its own, for tests: `run_agent.js CONFIG` prints `ready`, and ends in order on SIGTERM.
import { startAgent } from '../../agent/agent.js';
import { loadAgentConfig } from '../../agent/config/load.js';
import { createLog } from '../../shared/log.js';

const config = await loadAgentConfig(process.argv[2] ?? '');
const agent = await startAgent({ config, log: createLog('drover-agent', config.log_level) });
process.once('SIGTERM', () => void agent.stop());
process.stdout.write('ready\n');
