const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** What stands within the elements of this name, where none is within another of its name. */
export const elementsIn = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(
    ([, within = '']) => within,
  );

/** The text of the first element of this name; '' where there is none. */
export const textIn = (xml: string, name: string): string =>
  (elementsIn(xml, name)[0] ?? '').replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, plain);

function plain(whole: string, hex?: string, decimal?: string, name?: string): string {
  if (name !== undefined) return entities[name] ?? whole;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}
