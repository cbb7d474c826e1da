import { after, before, describe, it } from 'node:test';
import { Ends } from '../support/program.ts';
import { RealPlaces, type Where } from '../support/real-pair.ts';
import { requirement } from '../support/requirements.ts';
import { faultScenarios } from './fault-scenarios.ts';
import { accessScenarios } from './access-scenarios.ts';
import { itemScenarios } from './item-scenarios.ts';
import { propertyScenarios } from './property-scenarios.ts';

const PAIRS: readonly (readonly [a: Where, b: Where])[] = [
  ['vdir', 'radicale'],
  ['vdir', 'xandikos'],
  ['radicale', 'xandikos'],
];

const SCENARIOS = [...itemScenarios, ...accessScenarios, ...propertyScenarios, ...faultScenarios];

for (const [a, b] of PAIRS) {
  const skip = requirement('radicale') ?? requirement('xandikos');
  describe(`the scenarios between ${a} and ${b}`, { skip, timeout: 120_000, concurrency: 4 }, () => {
    const ends = new Ends();
    let places: RealPlaces;
    before(async () => {
      places = await RealPlaces.make(ends, { a, b });
    });
    after(() => ends.close());

    for (const { title, setup, run } of SCENARIOS) {
      it(title, async () => {
        const pair = await places.scenario(setup);
        try {
          await run(pair);
          await pair.isAtRest();
        } finally {
          await pair.close();
        }
      });
    }
  });
}
