/** What stands in the slots of a headline, coins apart. Firms, banks, auditors and people are invented. */
import { assertInvariant } from '../../../engine/invariant.ts';

const lists: Readonly<Record<string, readonly string[]>> = {
  venue: [
    'Binance',
    'Coinbase',
    'Kraken',
    'OKX',
    'Bybit',
    'Upbit',
    'Bithumb',
    'KuCoin',
    'Gate',
    'Bitget',
    'Bitstamp',
    'Gemini',
    'MEXC',
    'Crypto.com',
  ],
  firm: [
    'Norvik Payments',
    'Halden Motors',
    'Bluefern',
    'Castellan Group',
    'Orbis Cloud',
    'Tessaly Games',
    'Maruyama Electric',
    'Quillon',
    'Avenor Airlines',
    'Redwick Retail',
    'Solenne Media',
    'Pike & Rowan',
    'Vantor Logistics',
    'Larkspur Health',
    'Delmare Telecom',
    'Ostrava Steel',
    'Kestrel Insurance',
    'Hummingbird Labs',
  ],
  bank: [
    'Banque Aurelle',
    'Norland Bank',
    'Sampo Trust',
    'First Harbour Bank',
    'Banco Miravalle',
    'Helvet Kantonalbank',
    'Straits Union Bank',
    'Corvin Bank',
  ],
  auditor: [
    'PeckWatch',
    'Halcyon Security',
    'SlowFog',
    'CertiGuard',
    'Cipherlane',
    'BlockLynx',
    'Trailmark',
    'NullByte Research',
  ],
  agency: [
    'SEC',
    'CFTC',
    'FCA',
    'MAS',
    'BaFin',
    'ESMA',
    'ASIC',
    'AMF',
    'New York attorney general',
    'Justice Department',
  ],
  law: [
    'MiCA',
    'the Travel Rule',
    'the Digital Assets Act',
    'the Payment Services Act',
    'the Stablecoin Act',
    'the Market Abuse Regulation',
  ],
  country: [
    'Brazil',
    'Japan',
    'South Korea',
    'Singapore',
    'Germany',
    'France',
    'Nigeria',
    'Turkey',
    'India',
    'Canada',
    'Australia',
    'Thailand',
    'Vietnam',
    'Argentina',
    'Poland',
    'the Philippines',
    'Kenya',
    'Indonesia',
  ],
  city: [
    'Lisbon',
    'Seoul',
    'Berlin',
    'Austin',
    'Dubai',
    'Istanbul',
    'Bangkok',
    'Denver',
    'Prague',
    'Buenos Aires',
    'Zug',
    'Lagos',
    'Milan',
    'Osaka',
  ],
  chain: [
    'Ethereum',
    'Solana',
    'Polygon',
    'Arbitrum',
    'Avalanche',
    'Base',
    'Optimism',
    'Cosmos',
    'BNB Chain',
    'Tron',
  ],
  month: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
  quarter: ['the first quarter', 'the second quarter', 'the third quarter', 'the fourth quarter'],
  outlet: [
    'ChainWire',
    'The Ledger Post',
    'BlockBrief',
    'Coin Courier',
    'Token Times',
    'Digital Asset Daily',
    'CryptoDesk',
    'The Hash Report',
    'Satoshi Street',
    'Market Node',
  ],
  channel: ['exchange-notices', 'x-feed', 'telegram-alerts', 'chain-alerts', 'status-pages'],
};

const firstNames = [
  'Anna',
  'Marek',
  'Yuki',
  'David',
  'Leila',
  'Tomas',
  'Grace',
  'Rahul',
  'Elena',
  'Kwame',
  'Sofia',
  'Jonas',
  'Mei',
  'Omar',
  'Clara',
  'Viktor',
];
const lastNames = [
  'Lindqvist',
  'Okafor',
  'Tanaka',
  'Moreau',
  'Novak',
  'Castillo',
  'Whitfield',
  'Rossi',
  'Haddad',
  'Bergmann',
  'Iyer',
  'Dumont',
  'Kovacs',
  'Marsh',
  'Silva',
  'Zhou',
];
const shortMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

type Draw = () => number;

const pick = (list: readonly string[], draw: Draw) => list[Math.floor(draw() * list.length)]!;

const made: Readonly<Record<string, (draw: Draw) => string>> = {
  person: (draw) => `${pick(firstNames, draw)} ${pick(lastNames, draw)}`,
  amount: (draw) => {
    const millions = 10 ** (0.2 + 2.5 * draw());
    const number = millions < 10 ? millions.toFixed(1) : millions.toFixed(0);
    return draw() < 0.7 ? `$${number} million` : `$${number}M`;
  },
  pct: (draw) => `${(10 ** (0.1 + 1.3 * draw())).toFixed(draw() < 0.6 ? 1 : 0)}%`,
  count: (draw) => {
    const millions = 10 ** (2.6 * draw());
    return `${millions < 10 ? millions.toFixed(1) : millions.toFixed(0)} million`;
  },
  number: (draw) => String(2 + Math.floor(398 * draw())),
  year: (draw) => String(2024 + Math.floor(3 * draw())),
  date: (draw) => {
    const day = 1 + Math.floor(28 * draw());
    return draw() < 0.5 ? `${day} ${pick(lists['month']!, draw)}` : `${pick(shortMonths, draw)} ${day}`;
  },
  time: (draw) => `${String(Math.floor(24 * draw())).padStart(2, '0')}:${draw() < 0.5 ? '00' : '30'} UTC`,
};

/** Filled from the headline's own numbers. */
export function fillWord(slot: string, draw: Draw): string {
  const list = slot === 'venue2' ? lists['venue'] : lists[slot];
  if (list !== undefined) return pick(list, draw);
  const make = made[slot];
  assertInvariant(make !== undefined, `there are words for slot ${slot}`);
  return make(draw);
}
