import { startRadicale } from '../servers/radicale.ts';
import { describeDav } from './dav-subject.ts';

describeDav({
  server: 'radicale',
  kind: 'contact',
  start: startRadicale,
  knownFailures: {
    collection: {
      'keeps an item whose UID has a way up, backwards':
        'Radicale 3.1.8 doubles a backslash in a UID when it stores it',
    },
  },
});
