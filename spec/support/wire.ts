import { wire } from '../../transport/wire/http.ts';

/** A wire without a proxy, that trusts whom Node.js trusts. */
export const direct = wire({ environment: {}, verify: true });
