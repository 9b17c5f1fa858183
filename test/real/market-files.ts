/** Files of real market data, which are not part of this repository: where they lie, and all of them as one import. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImportRequest } from '../../datasets/import/request.ts';

const folder = join(process.env['HOURGLASS_SHARED'] ?? '', 'data');

export const marketFile = (name: string) => join(folder, name);

export const panelFile = 'usdm_1h_2024-10_2025-12.parquet';
export const mainnetList = 'exchange/fapi_exchangeInfo_mainnet_2026-07-04.json.gz';
export const testnetList = 'exchange/fapi_exchangeInfo_suspected_testnet_2025-12-24.json.gz';
export const panelFiles = [
  panelFile,
  'funding_25coins.parquet',
  'mark_1h_25coins.parquet',
  'usdm_15m_2025-10-08_10-14_crash.parquet',
  'usdm_1m_2025-06-16_06-22.parquet',
  'exchange/leverage_tiers_2024-10.json.gz',
  'exchange/leverage_tiers_2026-03.json.gz',
  mainnetList,
];
const news = 'sentiment/news_2025-03_2025-12.jsonl.gz';
const fearGreed = 'sentiment/fear_greed_2018-02_2025-12.csv';
export const recordFiles = [news, 'sentiment/news_votes_2024-08_2025-02.csv', fearGreed];
/** What `columnsRequest` imports. */
export const columnsFiles = [panelFile, mainnetList, news, fearGreed];

/** Which of the files are not there, and the same as words behind a title. */
export function absence(names: readonly string[]): {
  readonly absent: readonly string[];
  readonly reason: string;
} {
  const absent = names.filter((name) => !existsSync(marketFile(name)));
  return { absent, reason: absent.length === 0 ? '' : ` (absent: ${absent.join(', ')})` };
}

/** Hourly bars, funding, marks, finer bars, tiers and the exchange's list. */
export function panelRequest(name: string): ImportRequest {
  return {
    name,
    bars: [marketFile(panelFile)],
    funding: [marketFile('funding_25coins.parquet')],
    mark: [marketFile('mark_1h_25coins.parquet')],
    detail: [
      `15m=${marketFile('usdm_15m_2025-10-08_10-14_crash.parquet')}`,
      `1m=${marketFile('usdm_1m_2025-06-16_06-22.parquet')}`,
    ],
    brackets: [
      `${marketFile('exchange/leverage_tiers_2024-10.json.gz')}@2024-10-24`,
      marketFile('exchange/leverage_tiers_2026-03.json.gz'),
    ],
    exchangeInfo: [marketFile(mainnetList)],
  };
}

/** Hourly bars, the exchange's list, news, and Fear & Greed: what feature sets are computed from. */
export function columnsRequest(name: string): ImportRequest {
  return {
    name,
    bars: [marketFile(panelFile)],
    exchangeInfo: [marketFile(mainnetList)],
    news: [marketFile(news)],
    fearGreed: [marketFile(fearGreed)],
  };
}
