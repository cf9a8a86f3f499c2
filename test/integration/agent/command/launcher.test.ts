// Every launcher keeps the contract of its port.
import { openLauncher } from '../../../helpers/agent/in_process_host.js';
import { describeLauncher } from './describe_launcher.js';

describeLauncher('plain', openLauncher);
