import { StoredMarket } from '../../engine/panel/stored-market.ts';
import { StreamingMarket } from '../../engine/panel/streaming-market.ts';
import { hourFeed } from './hour-feed.ts';
import { marketDataContract } from './market-contract.ts';
import { hourMs } from './market-fixture.ts';

marketDataContract('stored panel', ({ panel, columns }) => ({ market: new StoredMarket(panel, columns) }));

marketDataContract('panel fed by the hour', ({ panel, columns }) => {
  const { symbols, startMs, hours, firstHour, endHour } = panel;
  const names = columns.map(({ name }) => name);
  const market = new StreamingMarket({
    symbols,
    startMs,
    capacityHours: hours,
    firstHour,
    endHour,
    columns: names,
  });
  let closedHours = 0;
  return {
    market,
    feed(timeMs) {
      for (; startMs + (closedHours + 1) * hourMs <= timeMs; closedHours += 1) {
        market.feed(closedHours, hourFeed(panel, columns, closedHours));
      }
    },
  };
});
