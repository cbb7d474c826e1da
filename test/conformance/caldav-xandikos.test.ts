import { startXandikos } from '../servers/xandikos.ts';
import { describeDav } from './dav-subject.ts';

describeDav({ server: 'xandikos', kind: 'calendar', start: startXandikos });
