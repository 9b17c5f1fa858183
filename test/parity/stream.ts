/** The parity market told hour by hour. */
import { timeAt } from '../../engine/panel/panel.ts';
import { StreamingMarket } from '../../engine/panel/streaming-market.ts';
import type { Clock } from '../../engine/ports.ts';
import { scheduleTicks } from '../../engine/schedule.ts';
import type { Strategy } from '../../engine/strategy.ts';
import { hourFeed } from '../contract/hour-feed.ts';
import { workload } from './market.ts';

const { panel, score, logit } = workload;

export function streamOf(strategy: Strategy): StreamingMarket {
  const { symbols, startMs, hours, firstHour, endHour } = panel;
  return new StreamingMarket({
    symbols,
    startMs,
    capacityHours: hours,
    firstHour,
    endHour,
    columns: strategy.columns,
  });
}

/** Every hour arrives a moment later; the market is fed, and where the schedule says so, a tick comes out. */
export function waitingClock(strategy: Strategy, market: StreamingMarket): Clock {
  const due = new Set(scheduleTicks(strategy.schedule, timeAt(panel, 0), timeAt(panel, panel.hours)));
  return {
    async *ticks() {
      if (due.has(panel.startMs)) yield panel.startMs;
      for (let hour = 1; hour <= panel.hours; hour += 1) {
        if (hour % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        market.feed(hour - 1, hourFeed(panel, [score, logit], hour - 1));
        if (due.has(timeAt(panel, hour))) yield timeAt(panel, hour);
      }
    },
  };
}
