// The levels of the process log, apart from the log itself: reading a configuration needs only their names.
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
