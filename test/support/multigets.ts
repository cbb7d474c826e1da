import type { TransportRequest } from '../../src/http/transport.ts';
import { WORK } from './dav-collection.ts';
import { eventText } from './items.ts';
import { type Behaviour, multistatus, withData } from './mock-dav.ts';

export const textOf = (number: number): string => eventText({ uid: `uid-${number}` });
export const pathOf = (number: number): string => `${WORK}${number}.ics`;
export const paths = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => pathOf(number));
export const numberIn = (path: string): number => Number(/(\d+)\.ics$/.exec(path)?.[1]);
export const askedIn = ({ body = '' }: Pick<TransportRequest, 'body'>): string[] =>
  Array.from(body.matchAll(/<d:href>([^<]*)</g), ([, path = '']) => path);

/** Answers each multiget in full, except for what `odd` says. */
export const multiget =
  (odd: (path: string) => string | undefined = () => undefined): Behaviour =>
  (request) =>
    multistatus(
      ...askedIn(request).map(
        (path) => odd(path) ?? withData(path, `"${numberIn(path)}"`, textOf(numberIn(path))),
      ),
    )(request);

export const isQuery = ({ body = '' }: Pick<TransportRequest, 'body'>): boolean =>
  body.includes('calendar-query');
