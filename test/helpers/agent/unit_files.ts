// Hooks and units of tenants in a test's machine.

/** Fails when somebody answers on the tenant's socket. */
export const socketHook = `#!/bin/bash
read -r port <"$DATA_DIR/echo.port"
! (exec 3<>"/dev/tcp/127.0.0.1/$port")
`;
/** Waits for `hook.go` in DATA_DIR, and says with `hook.began` that it does. */
export const waitingHook = `#!/bin/bash
echo "$$" >>"$DATA_DIR/hook.began"
until [ -e "$DATA_DIR/hook.go" ]; do sleep 0.02; done
`;
/** Ends soon after each start on the release that says so, and is never up throughout two tries of the health check. */
export const restarted = (appDir: string) => `[Unit]
StartLimitIntervalSec=0
[Service]
WorkingDirectory=${appDir}
ExecStart=/bin/sh -c 'test -e worker-crashes && exec sleep 0.2; exec sleep infinity'
Restart=always
RestartSec=0
`;

/** Ends without an error soon after its start on the release that says so. */
export const ending = (appDir: string) => `[Service]
WorkingDirectory=${appDir}
ExecStart=/bin/sh -c 'test -e worker-ends || exec sleep infinity'
`;
