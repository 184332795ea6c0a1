import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Loopback, listen } from '../../support/loopback.ts';
import type { SeenRequest } from '../wire/verifier.ts';

/** What the server says to one request; null to say nothing at all. */
export type Answer = { status: number; body: string; headers?: Record<string, string> } | null;

/** An Amazon ECR of one operation, which tells what it was asked. */
export interface EcrServer {
  url: string;
  asked: SeenRequest[];
  answer: (request: SeenRequest) => Answer;
  close(): Promise<void>;
}

/** The one entry of a good answer; `expiresAt` is epoch milliseconds. */
export const entry = (more: object = {}, expiresAt = 0) => ({
  authorizationToken: Buffer.from('AWS:pass:word').toString('base64'),
  expiresAt: expiresAt / 1_000,
  proxyEndpoint: 'https://111122223333.dkr.ecr.us-west-2.amazonaws.com',
  ...more,
});

/** A good answer if it has one entry. */
export const gives = (...authorizationData: object[]): Answer => ({
  status: 200,
  body: JSON.stringify({ authorizationData }),
});

/** An exception, as AWS services tell it. */
export const fails = (status: number, type: string, message: string): Answer => ({
  status,
  body: JSON.stringify({ __type: type, message }),
});

export async function startEcr(): Promise<EcrServer> {
  const asked: SeenRequest[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, body };
    asked.push(seen);
    const answer = ecr.answer(seen);
    if (answer === null) return;
    const type = { 'content-type': 'application/x-amz-json-1.1' };
    response.writeHead(answer.status, { ...type, ...answer.headers }).end(answer.body);
  };
  const loopback: Loopback = await listen((request, response) => void listener(request, response));
  const ecr: EcrServer = {
    url: loopback.url,
    asked,
    answer: () => gives(entry()),
    close: () => loopback.close(),
  };
  return ecr;
}
