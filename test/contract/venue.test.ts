import { SimulatedVenue } from '../../engine/simulator/venue.ts';
import { hours } from './market-fixture.ts';
import { venueContract } from './venue-contract.ts';

venueContract(
  'simulated',
  ({ panel, capital, takerFeeBps, slippageBps, closeAtEnd, journal }) =>
    new SimulatedVenue({
      panel,
      capital,
      costs: { takerFeeBps, slippageBps },
      fromHour: 0,
      toHour: hours,
      closeAtEnd,
      journal,
    }),
);
