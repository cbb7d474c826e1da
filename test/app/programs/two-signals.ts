import { onStopSignal } from '../../../src/app/signals.ts';

/** Never ends by itself, and at a first signal only says so. */
onStopSignal(() => process.stdout.write('stopping\n'));
setInterval(() => {}, 1000);
process.stdout.write('ready\n');
