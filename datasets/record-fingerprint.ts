/** Hashes of dated records by the hour in which they became known, beside those of the panel's fields. */
import { newsClasses } from '../engine/columns/records.ts';
import { mix32, textLanes } from '../engine/journal/digest.ts';
import { symbolLanes } from '../engine/panel/fingerprint.ts';
import { hourMs } from '../engine/panel/hours.ts';
import type { Panel } from '../engine/panel/panel.ts';
import type { DatasetRecords, Fingerprint } from './dataset.ts';

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

function mixNumber(hash: number, value: number): number {
  bits[0] = value === value ? value + 0 : Number.NaN;
  return mix32(mix32(hash, words[0]!), words[1]!);
}

/**
 * Adds `news`, `fearGreed` and `marketCap` to the fields, as far as there are such records, and what belongs to a coin to its
 * cells. What was known before the panel counts into its first hour, what came after it into its last.
 */
export function withRecords(fingerprint: Fingerprint, panel: Panel, records: DatasetRecords): Fingerprint {
  const { news, fearGreed, marketCap } = records;
  const lanes = symbolLanes(panel.symbols);
  const { hours, cells } = fingerprint;
  const byHour: Record<string, Int32Array> = { ...fingerprint.byHour };
  if (hours === 0) return fingerprint;
  const adder = (field: string) => {
    const own = new Int32Array(hours * 2);
    byHour[field] = own;
    const salt = textLanes(field)[0];
    return (availableMs: number, coin: number | null, hash: number) => {
      const hour = Math.min(hours - 1, Math.max(0, Math.floor((availableMs - panel.startMs) / hourMs)));
      const [high, low] = coin === null ? [0, 0] : [lanes[coin * 2]!, lanes[coin * 2 + 1]!];
      const mixed = mix32(mix32(salt, high), hash);
      own[hour * 2] = (own[hour * 2]! + mixed) | 0;
      own[hour * 2 + 1] = (own[hour * 2 + 1]! + mix32(mixed, low)) | 0;
      if (coin !== null) cells[coin * hours + hour] = (cells[coin * hours + hour]! + mixed) | 0;
    };
  };
  if (fearGreed !== null) {
    const add = adder('fearGreed');
    for (const [row, availableMs] of fearGreed.availableMs.entries())
      add(availableMs, null, mixNumber(mixNumber(1, availableMs), fearGreed.values[row]!));
  }
  if (marketCap !== null) {
    const add = adder('marketCap');
    for (const coin of panel.symbols.keys()) {
      for (let row = marketCap.start[coin]!; row < marketCap.start[coin + 1]!; row += 1) {
        const availableMs = marketCap.availableMs[row]!;
        add(availableMs, coin, mixNumber(mixNumber(1, availableMs), marketCap.values[row]!));
      }
    }
  }
  if (news !== null) addNews(news, adder('news'));
  return { ...fingerprint, byHour };
}

/** An article counts once for itself and once for each coin it is linked to. */
function addNews(
  news: NonNullable<DatasetRecords['news']>,
  add: (availableMs: number, coin: number | null, hash: number) => void,
): void {
  const width = news.classes.length === 0 ? 0 : newsClasses.length;
  for (const [article, availableMs] of news.availableMs.entries()) {
    let hash = mixNumber(mixNumber(1, availableMs), news.publishedMs[article]!);
    for (let at = article * width; at < (article + 1) * width; at += 1)
      hash = mixNumber(hash, news.classes[at]!);
    add(availableMs, null, hash);
    for (let at = news.start[article]!; at < news.start[article + 1]!; at += 1)
      add(availableMs, news.coins[at]!, hash);
  }
}
