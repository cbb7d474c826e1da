import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Heartbeat, reachableAddresses } from '../../src/app/heartbeat.ts';
import { ManualTimer } from '../support/manual-timer.ts';

const BEAT_MS = 30_000;

describe('Heartbeat', () => {
  let time: ManualTimer;
  /** By how much the wall clock is ahead of the timers. */
  let aheadMs: number;
  let addresses: string[];
  let told: string[];
  let heartbeat: Heartbeat;
  beforeEach(() => {
    time = new ManualTimer();
    aheadMs = 0;
    addresses = ['192.168.1.2'];
    told = [];
    heartbeat = new Heartbeat({
      clock: { nowMs: () => time.nowMs + aheadMs },
      timer: time.timer,
      addresses: () => new Set(addresses),
      onJump: () => told.push('jump'),
      onNetwork: () => told.push('network'),
    });
    heartbeat.start();
  });

  const cases: [rule: string, event: () => void, want: string[]][] = [
    ['says nothing while time passes', () => {}, []],
    ['says nothing of a clock that is set right by some seconds', () => (aheadMs = 20_000), []],
    ['tells of a suspend', () => (aheadMs = 8 * 3_600_000), ['jump']],
    ['tells of a clock that is set back', () => (aheadMs = -3_600_000), ['jump']],
    ['tells of an address that is new', () => addresses.push('10.0.0.7'), ['network']],
    ['tells of another address', () => (addresses = ['10.0.0.7']), ['network']],
    ['says nothing of a network that is lost', () => (addresses = []), []],
    [
      'tells once where there are both, for the jump is the wider news',
      () => {
        aheadMs = 8 * 3_600_000;
        addresses = ['10.0.0.7'];
      },
      ['jump'],
    ],
  ];
  for (const [rule, event, want] of cases) {
    it(rule, () => {
      time.advance(3 * BEAT_MS);
      event();
      time.advance(3 * BEAT_MS);
      assert.deepEqual(told, want);
    });
  }

  it('tells of a network that was lost and came back', () => {
    addresses = [];
    time.advance(BEAT_MS);
    addresses = ['192.168.1.2'];
    time.advance(BEAT_MS);
    assert.deepEqual(told, ['network']);
  });

  it('stops', () => {
    heartbeat.stop();
    assert.deepEqual(time.delays, []);
  });
});

describe('reachableAddresses', () => {
  it('leaves out the machine itself', () => {
    const addresses = [...reachableAddresses()];
    assert.deepEqual(
      addresses.filter((address) => /^(127\.|::1$|fe80:)/.test(address)),
      [],
    );
  });
});
