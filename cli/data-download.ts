import type { Command } from 'commander';
import { Option } from 'commander';
import { instant } from '../scenarios/instant.ts';
import { exitCodes, UsageFault } from './failure.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

interface DownloadOptions {
  readonly market: 'usdm' | 'spot';
  readonly symbols?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly tables?: readonly ('mark' | 'funding' | 'spot')[];
  readonly archive?: readonly string[];
  readonly verify?: boolean;
  readonly proxy?: string;
}

export function addDownload(data: Command, act: Act): void {
  data
    .command('download <name>')
    .description('fetch public market data of Binance; stopped and started again, it goes on where it was')
    .addOption(new Option('--market <market>', 'futures or spot').choices(['usdm', 'spot']).default('usdm'))
    .option('--symbols <symbols...>', 'such as BTCUSDT ETHUSDT, or all')
    .option('--from <date>', 'first hour, UTC')
    .option('--to <date>', 'end, UTC; now if left out')
    .addOption(
      new Option('--tables <tables...>', 'beside the bars of futures').choices(['mark', 'funding', 'spot']),
    )
    .option('--archive <places...>', "zip files of the venue's public archive instead, by path or address")
    .option('--verify', 'fetch what is kept once more and compare; exit code 1 where anything differs')
    .addOption(new Option('--proxy <url>', 'HTTP proxy for all requests').env('HTTPS_PROXY'))
    .action(async (name: string, options: DownloadOptions, command: Command) => {
      await act(command, async (session) => {
        const store = await sessionStore(session);
        const { progress, signal } = session;
        const watch = { progress, signal, remark: (text: string) => session.remark(text) };
        if (options.archive !== undefined) {
          const { downloadArchive } = await import('../datasets/download/archive.ts');
          const request = { name, places: options.archive, ...proxyOf(options) };
          const result = await downloadArchive(store, request, watch);
          session.answer(
            result,
            () => `${result.dataset}: ${result.rows} bars of ${result.symbols} symbols\nhash ${result.hash}`,
          );
          return;
        }
        const { downloadDataset, verifyDownload } = await import('../datasets/download/download.ts');
        const request = requestOf(name, options);
        if (options.verify === true) {
          const found = await verifyDownload(store, request, watch);
          const shown = found.differences
            .slice(0, differencesShown)
            .map((row) => ({ ...row, timeMs: new Date(row.timeMs).toISOString() }));
          session.answer(
            found,
            () =>
              `${tableText(shown, 'nothing differs')}\n${found.rows} rows of ${found.compared} months compared, ${found.differences.length} differ`,
          );
          if (found.differences.length > 0) session.endWith(exitCodes.negative);
          return;
        }
        const result = await downloadDataset(store, request, watch);
        session.answer(
          result,
          () =>
            `${result.dataset}: ${result.rows} bars of ${result.symbols} symbols; ${result.fetched} months fetched, ${result.kept} kept from before\nhash ${result.hash}`,
        );
      });
    });
}

const differencesShown = 50;

function proxyOf({ proxy }: DownloadOptions): { readonly proxy?: string } {
  return proxy === undefined ? {} : { proxy };
}

function requestOf(name: string, options: DownloadOptions) {
  const faults: { path: string; message: string }[] = [];
  const time = (flag: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    const parsed = instant(text);
    if (parsed.ok) return parsed.timeMs;
    faults.push({ path: flag, message: parsed.message });
    return undefined;
  };
  const fromMs = time('--from', options.from);
  const toMs = time('--to', options.to);
  if (options.from === undefined)
    faults.push({ path: '--from', message: 'is needed: the first day to fetch' });
  if (options.symbols === undefined)
    faults.push({ path: '--symbols', message: 'is needed: names of markets, or all' });
  if (faults.length > 0 || fromMs === undefined || options.symbols === undefined) {
    throw new UsageFault('data download needs to know what to fetch', faults);
  }
  const { market, symbols, tables, verify } = options;
  return {
    name,
    market,
    symbols,
    fromMs,
    ...(toMs === undefined ? {} : { toMs }),
    ...(tables === undefined ? {} : { tables }),
    ...(verify === undefined ? {} : { verify }),
    ...proxyOf(options),
  };
}
