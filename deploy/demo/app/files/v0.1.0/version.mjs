// The version that this code is.
export const version = 'v0.1.0';
