// Loaded into the measured program: leaves its highest resident memory, in bytes, in a file. Neither can the parent ask for it (Node
// has no wait4), nor does getrusage tell the truth: a child inherits the peak of the process that started it.
import { readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  writeFileSync(process.env.BENCH_PEAK_FILE, String(Number(kilobytes) * 1024));
});
