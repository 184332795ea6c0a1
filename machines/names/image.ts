/** The parts of a reference of an image. */
export interface ImageReference {
  /** The registry, perhaps with a port; `docker.io` where the reference names none. */
  host: string;
  /** The repository in its registry; that of an official image of Docker Hub is `library/<name>`. */
  path: string;
  tag: string | null;
  /** E.g. `sha256:…`. */
  digest: string | null;
}

const dockerHub = 'docker.io';

/** Splits a reference as Docker does. Never fails: whether it is a good one, the Engine says. */
export function parseImage(reference: string): ImageReference {
  const { name, tag, digest } = split(reference);
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  if (!/[.:]|^localhost$/.test(first)) return { host: dockerHub, path: inHub(name), tag, digest };
  const path = name.slice(slash + 1);
  if (first === dockerHub || first === `index.${dockerHub}`)
    return { host: dockerHub, path: inHub(path), tag, digest };
  return { host: first, path, tag, digest };
}

/** The same image by its digest: `<name>@<digest>`, without a tag or the digest that it had. */
export const withDigest = (reference: string, digest: string): string =>
  `${split(reference).name}@${digest}`;

/** The reference with `:latest` where it has neither tag nor digest. */
export function withTag(reference: string): string {
  const { tag, digest } = split(reference);
  return tag === null && digest === null ? `${reference}:latest` : reference;
}

/** Whether two references, e.g. an image's and one of its RepoDigests, are of one repository. */
export function sameName(reference: string, repoDigest: string): boolean {
  const [one, other] = [parseImage(reference), parseImage(repoDigest)];
  return one.host === other.host && one.path === other.path;
}

/** Splits off tag and digest; the name is as it was written. */
function split(reference: string): { name: string; tag: string | null; digest: string | null } {
  const at = reference.indexOf('@');
  const digest = at === -1 ? null : reference.slice(at + 1);
  const tagged = at === -1 ? reference : reference.slice(0, at);
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  if (colon === -1) return { name: tagged, tag: null, digest };
  return { name: tagged.slice(0, colon), tag: tagged.slice(colon + 1), digest };
}

const inHub = (path: string): string => (path.includes('/') ? path : `library/${path}`);
