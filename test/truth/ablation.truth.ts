/** PM9: a stack without the input that sees a component loses that component, and loses little of it without any other input. */
import { presets } from '../../datasets/planted/settings.ts';
import { ablation, type ComponentName, componentNames } from './ablation.ts';
import { isFull, type Measured, skippedRow } from './row.ts';
import { trainedRow } from './training.ts';

const titles: Readonly<Record<ComponentName, string>> = {
  lstm: 'IC of the pattern without the LSTM',
  tcn: 'IC of the motif without the TCN',
  news: 'IC of threefold news without the news',
  regime: 'IC of the interaction without the regime',
};

const SEED = 1;
/** Enough for the motif in a market of preset M. */
const EPOCHS = 5;

/** Two networks learn their order of moves from tens of thousands of rows: the quick form has a seventh of them. */
const quick: readonly ComponentName[] = ['news', 'regime'];

for (const name of componentNames) {
  if (isFull || quick.includes(name))
    trainedRow('PM9', titles[name], 'at most half, more than half without others', () => measured(name));
  else skippedRow('PM9', titles[name], 'in the full form: preset S has too few rows to fit the network on');
}

async function measured(name: ComponentName): Promise<Measured> {
  const options = { networks: isFull ? ['lstm', 'tcn'] : [], epochs: EPOCHS, withAllFeatures: isFull };
  const { all, error, without, ...features } = await ablation(
    name,
    { seed: SEED, ...presets[isFull ? 'M' : 'S'] },
    options,
  );
  const others = (isFull ? componentNames : quick).filter((other) => other !== name);
  const parts = [name, ...others].map((gone) => `${without[gone].toFixed(3)} without ${gone}`);
  const whole = `${all.toFixed(3)} +- ${error.toFixed(3)}; ${parts.join(', ')}`;
  const { withAll, withAllLess } = features;
  return {
    shown: isFull
      ? `${whole}; of all 95 features ${withAll.toFixed(3)}, ${withAllLess.toFixed(3)} without ${name}`
      : `${whole}; columns of networks empty`,
    holds: all > 2 * error && without[name] <= all / 2 && others.every((other) => without[other] > all / 2),
  };
}
