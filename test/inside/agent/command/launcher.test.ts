// The systemd launcher keeps the contract of its port.
import { openLaunchers } from '../../../helpers/agent/in_process_host.js';
import { describeLauncher } from '../../../integration/agent/command/describe_launcher.js';

describeLauncher('systemd', (bootId) => openLaunchers('systemd', bootId));
