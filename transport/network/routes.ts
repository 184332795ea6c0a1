import type { Links } from '../../machines/fault/model.ts';

/** Flags of a route, see route(8): it is up; it rejects. */
const up = 0x1;
const rejects = 0x200;

/**
 * The interfaces of the best default routes of both families, of what Linux tells in `/proc/net/route`
 * and `/proc/net/ipv6_route`; null where there is none.
 */
export function linksOf({ ipv4, ipv6 }: { ipv4: string; ipv6: string }): Links | null {
  const four = best(fieldsOf(ipv4).flatMap(ipv4Route));
  const six = best(fieldsOf(ipv6).flatMap(ipv6Route));
  const names = [...new Set([four, six].filter((name) => name !== null))];
  return names.length > 0 ? { names, ipv6Only: four === null } : null;
}

interface Route {
  name: string;
  metric: number;
}

const best = (routes: Route[]): string | null =>
  routes.sort((one, other) => one.metric - other.metric)[0]?.name ?? null;

const fieldsOf = (text: string): string[][] =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 1);

function ipv4Route([name = '', to, , flags = '', , , metric, mask]: string[]): Route[] {
  if (to !== '00000000' || mask !== '00000000') return [];
  return usable({ name, flags, metric: Number(metric) });
}

function ipv6Route(fields: string[]): Route[] {
  const [to = '', prefix] = fields;
  const [metric = '', , , flags = '', name = ''] = fields.slice(5);
  if (!/^0{32}$/.test(to) || prefix !== '00') return [];
  return usable({ name, flags, metric: Number.parseInt(metric, 16) });
}

function usable({ name, flags, metric }: Route & { flags: string }): Route[] {
  const bits = Number.parseInt(flags, 16);
  return name !== 'lo' && (bits & up) !== 0 && (bits & rejects) === 0 ? [{ name, metric }] : [];
}
