// The version that this code is.
export const version = 'v0.5.0';
