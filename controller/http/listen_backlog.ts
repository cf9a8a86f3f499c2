// How many connections the kernel keeps for the controller until it takes them, in their order.

/** The kernel's own bound may be lower (net.core.somaxconn). Beyond it peers try again after seconds, on their own. */
export const listenBacklog = 4096;
