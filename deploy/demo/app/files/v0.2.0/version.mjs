// The version that this code is.
export const version = 'v0.2.0';
