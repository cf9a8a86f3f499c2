// Conditions for orders that have not ended, as the indexes of the schema have them.

/** Of any kind. */
export const openOrder = 'ended_at IS NULL';
/** About the upgrade `?`, which they did not make. */
export const openAbout = `upgrade = ? AND kind <> 'upgrade' AND ${openOrder}`;
