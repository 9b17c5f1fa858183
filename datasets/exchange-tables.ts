/**
 * What the exchange asks for, at rest: leverage tiers and trading filters as tables, and back as the editions that the
 * simulator reads. Columns are named as in the store; a limit that is not known is NULL there.
 */
import { join } from 'node:path';
import type { BracketEdition, Tier } from '../engine/exchange/brackets.ts';
import { type FilterEdition, type Filters, filterFaults } from '../engine/exchange/filters.ts';
import type { Table, TableColumn } from '../engine/journal/tables.ts';
import type { TableFile, TableName } from './dataset.ts';
import { readTable } from './duck.ts';

export interface Exchange {
  readonly brackets: readonly BracketEdition[];
  readonly filters: readonly FilterEdition[];
}

/** One market of one edition of the exchange's own list. */
export interface Instrument {
  /** Since when this is so, epoch ms UTC. */
  readonly effectiveMs: number;
  readonly symbol: string;
  readonly contractType: string;
  readonly underlyingType: string;
  readonly status: string;
  /** Listing and delivery, epoch ms UTC; NaN where unknown or never. */
  readonly onboardMs: number;
  readonly deliveryMs: number;
  readonly filters: Filters;
}

type Doubles<Row> = Readonly<Record<string, (row: Row) => number>>;

const tierColumns: Doubles<Tier> = {
  floor: (tier) => tier.floor,
  cap: (tier) => tier.cap,
  maintenance_rate: (tier) => tier.maintenanceRate,
  cum: (tier) => tier.cum,
  leverage_max: (tier) => tier.leverageMax,
};

export function bracketsTable(editions: readonly BracketEdition[]): Table {
  const rows = editions.flatMap(({ effectiveMs, tiers }) =>
    [...tiers].flatMap(([symbol, own]) =>
      own.map((tier, index) => ({ effectiveMs, symbol, tier, number: index + 1 })),
    ),
  );
  return {
    rows: rows.length,
    columns: {
      effective_ms: { type: 'time', values: Float64Array.from(rows, (row) => row.effectiveMs) },
      symbol: { type: 'text', values: rows.map((row) => row.symbol) },
      tier: { type: 'integer', values: Int32Array.from(rows, (row) => row.number) },
      ...doubleColumns(
        rows.map(({ tier }) => tier),
        tierColumns,
      ),
    },
  };
}

const filterColumns: Doubles<Filters> = {
  tick_size: (filters) => filters.tickSize,
  step_size: (filters) => filters.stepSize,
  quantity_min: (filters) => filters.quantityMin,
  market_quantity_max: (filters) => known(filters.marketQuantityMax, Number.POSITIVE_INFINITY),
  notional_min: (filters) => filters.notionalMin,
  percent_up: (filters) => known(filters.percentUp, Number.POSITIVE_INFINITY),
  percent_down: (filters) => known(filters.percentDown, 0),
  liquidation_fee: (filters) => filters.liquidationFee,
};

/** NaN, which is stored as NULL, for the value that stands for "no limit". */
function known(value: number, neutral: number): number {
  return value === neutral ? Number.NaN : value;
}

/** Everything that is wrong with the filters of one market, as a dataset holds them; empty where they stand. */
export function storedFilterFaults(filters: Filters): readonly string[] {
  // No lower limit is held as 0, which is none that a venue could set.
  const percentDown = filters.percentDown === 0 ? Number.MIN_VALUE : filters.percentDown;
  return filterFaults({ ...filters, percentDown });
}

export function filtersTable(instruments: readonly Instrument[]): Table {
  const text = (pick: (row: Instrument) => string): TableColumn => ({
    type: 'text',
    values: instruments.map(pick),
  });
  const time = (pick: (row: Instrument) => number): TableColumn => ({
    type: 'time',
    values: Float64Array.from(instruments, pick),
  });
  return {
    rows: instruments.length,
    columns: {
      effective_ms: time((row) => row.effectiveMs),
      symbol: text((row) => row.symbol),
      contract_type: text((row) => row.contractType),
      underlying_type: text((row) => row.underlyingType),
      status: text((row) => row.status),
      onboard_ms: time((row) => row.onboardMs),
      delivery_ms: time((row) => row.deliveryMs),
      ...doubleColumns(
        instruments.map(({ filters }) => filters),
        filterColumns,
      ),
    },
  };
}

function doubleColumns<Row>(rows: readonly Row[], columns: Doubles<Row>): Record<string, TableColumn> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, pick]) => [
      name,
      { type: 'double' as const, values: Float64Array.from(rows, pick) },
    ]),
  );
}

/** The editions of a dataset's tables; empty where it has none. */
export async function readExchange(source: {
  readonly dir: string;
  readonly tables: Readonly<Partial<Record<TableName, Pick<TableFile, 'file'>>>>;
}): Promise<Exchange> {
  const { brackets, filters } = source.tables;
  return {
    brackets: brackets === undefined ? [] : bracketEditions(await readTable(join(source.dir, brackets.file))),
    filters: filters === undefined ? [] : filterEditions(await readTable(join(source.dir, filters.file))),
  };
}

function bracketEditions(table: Table): readonly BracketEdition[] {
  const at = reader(table);
  const editions = new Map<number, Map<string, { number: number; tier: Tier }[]>>();
  for (let row = 0; row < table.rows; row += 1) {
    const edition = entryOf(editions, at('effective_ms', row), () => new Map());
    entryOf(edition, at.symbol(row), () => []).push({
      number: at('tier', row),
      tier: {
        floor: at('floor', row),
        cap: at('cap', row),
        maintenanceRate: at('maintenance_rate', row),
        cum: at('cum', row),
        leverageMax: at('leverage_max', row),
      },
    });
  }
  return byTime(editions).map(([effectiveMs, markets]) => ({
    effectiveMs,
    tiers: new Map(
      [...markets].map(([symbol, own]) => [
        symbol,
        own.sort((a, b) => a.number - b.number).map(({ tier }) => tier),
      ]),
    ),
  }));
}

function filterEditions(table: Table): readonly FilterEdition[] {
  const at = reader(table);
  const or = (name: string, row: number, neutral: number) => {
    const value = at(name, row);
    return Number.isNaN(value) ? neutral : value;
  };
  const editions = new Map<number, Map<string, Filters>>();
  for (let row = 0; row < table.rows; row += 1) {
    entryOf(editions, at('effective_ms', row), () => new Map()).set(at.symbol(row), {
      tickSize: at('tick_size', row),
      stepSize: at('step_size', row),
      quantityMin: or('quantity_min', row, 0),
      marketQuantityMax: or('market_quantity_max', row, Number.POSITIVE_INFINITY),
      notionalMin: or('notional_min', row, 0),
      percentUp: or('percent_up', row, Number.POSITIVE_INFINITY),
      percentDown: or('percent_down', row, 0),
      liquidationFee: at('liquidation_fee', row),
    });
  }
  return byTime(editions).map(([effectiveMs, filters]) => ({ effectiveMs, filters }));
}

function reader(table: Table): ((name: string, row: number) => number) & { symbol(row: number): string } {
  const column = (name: string): TableColumn => {
    const found = table.columns[name];
    if (found === undefined) throw new Error(`the table has no column ${name}`);
    return found;
  };
  const symbols = column('symbol').values;
  return Object.assign((name: string, row: number) => Number(column(name).values[row]), {
    symbol: (row: number) => String(symbols[row]),
  });
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

function byTime<Value>(editions: ReadonlyMap<number, Value>): readonly (readonly [number, Value])[] {
  return [...editions].sort(([a], [b]) => a - b);
}
