/** What an HTTP server answered. */
export interface Told {
  status: number;
  body: string;
  /** Its own time in epoch milliseconds; null where it does not say. */
  at: number | null;
}

/** Asks by GET, without a proxy; null where nobody answers. */
export async function ask(url: string, signal: AbortSignal): Promise<Told | null> {
  const { request } = await import('undici');
  try {
    const { statusCode: status, headers, body } = await request(url, { signal });
    const at = Date.parse(String(headers.date ?? ''));
    return { status, body: await body.text(), at: Number.isNaN(at) ? null : at };
  } catch {
    return null;
  }
}

/** Whether that is the agent's server for tasks: what it says to those who name no credentials. */
export const isTaskServer = (told: Told | null): boolean =>
  told?.status === 400 && told.body.includes('"NoIdInRequest"');

/** Whether that is the agent's introspection endpoint. */
export const isIntrospection = (told: Told | null): boolean =>
  told?.status === 200 && told.body.includes('"Version":"Amazon ECS Agent');

/** What introspection answers, and nobody else. */
export const introspectionPath = '/v1/metadata';
/** What the server for tasks answers, and nobody else. */
export const credentialsPath = '/v1/credentials';
