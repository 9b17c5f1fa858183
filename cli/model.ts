import type { Command } from 'commander';
import type { NamedModels } from '../datasets/models/named-models.ts';
import type { CheckedFolder } from '../datasets/models/version-check.ts';
import { isoMinute } from '../engine/panel/hours.ts';
import type { Refusal } from '../engine/signal/artifact-check.ts';
import type { Diagnosis } from '../engine/signal/diagnostics.ts';
import { exitCodes } from './failure.ts';
import type { Act } from './program.ts';
import type { Session } from './session.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

export function addModel(program: Command, act: Act): void {
  const model = program.command('model').description('trained models: artifacts, versions, lineage');
  addList(model, act);
  addShow(model, act);
  addCheck(model, act);
  addAdd(model, act);
}

function addList(model: Command, act: Act): void {
  model
    .command('list')
    .description('all versions and their models; looked through, but not run: that is `model check`')
    .option('--strategy <name>', 'of one strategy alone')
    .option('--folds', 'those of the folds too')
    .action(async (options: { strategy?: string; folds?: boolean }, command: Command) => {
      await act(command, async (session) => {
        const { namedModels } = await import('../datasets/models/named-models.ts');
        const all = await namedModels(await sessionStore(session), null);
        const wanted = all
          .filter(({ version }) => options.strategy === undefined || version?.strategy === options.strategy)
          .map((one) => ({
            ...one,
            artifacts: one.artifacts.filter(({ fold }) => fold === null || options.folds === true),
          }));
        const told = await checked(session, wanted, { run: false });
        session.answer(answerOf(told), () => listText(told));
      });
    });
}

function addShow(model: Command, act: Act): void {
  model
    .command('show <name>')
    .description(
      'STRATEGY/VERSION or STRATEGY/VERSION/MODEL: what it was trained on, how good it was, what it looks at',
    )
    .option('--report', 'write a page with importances, training curves and AUC by fold')
    .action(async (name: string, options: { report?: boolean }, command: Command) => {
      await act(command, async (session) => {
        const { namedModels } = await import('../datasets/models/named-models.ts');
        const { modelFacts } = await import('../reports/model-facts.ts');
        const { modelText } = await import('../reports/model-text.ts');
        const store = await sessionStore(session);
        // A strategy alone is its newest version.
        const named = (await namedModels(store, name)).at(-1)!;
        const artifacts = named.artifacts.filter(({ fold }) => fold === null || !named.isWhole);
        const facts = await modelFacts({ ...named, artifacts }, session.progress);
        let report: string | null = null;
        if (options.report === true) {
          const { writeModelPage } = await import('../reports/model-report.ts');
          report = await writeModelPage(store, facts, session.progress);
        }
        const models = facts.models.map(({ check, report: own, place, diagnoses }) => ({
          ...modelLine(named, { ...place, check, refusals: check.ok ? [] : check.refusals }, diagnoses),
          ...{ contract: check.contract, report: own },
        }));
        session.answer({ version: facts.manifest, models, report }, () =>
          [modelText(facts), ...(report === null ? [] : [report])].join('\n\n'),
        );
      });
    });
}

function addCheck(model: Command, act: Act): void {
  model
    .command('check [name]')
    .description(
      'check artifacts as a scorer does: all, STRATEGY, STRATEGY/VERSION, STRATEGY/VERSION/MODEL or a folder; exit code 1 where one is refused',
    )
    .action(async (name: string | undefined, _options, command: Command) => {
      await act(command, async (session) => {
        const { namedModels } = await import('../datasets/models/named-models.ts');
        const named = await namedModels(await sessionStore(session), name ?? null);
        const told = await checked(session, named, { run: true });
        session.answer(answerOf(told), () => checkText(told));
        if (told.some(({ ok }) => !ok)) session.endWith(exitCodes.negative);
      });
    });
}

function addAdd(model: Command, act: Act): void {
  model
    .command('add <folder>')
    .description('check a version or an artifact and put it into the store')
    .action(async (folder: string, _options, command: Command) => {
      await act(command, async (session) => {
        const { addModels } = await import('../datasets/models/add-version.ts');
        const version = await addModels(await sessionStore(session), folder, session.progress);
        const named = [{ version, artifacts: version.artifacts, isWhole: true }];
        const told = await checked(session, named, { run: false });
        session.answer(answerOf(told), () => `${listText(told)}\n${version.dir}`);
      });
    });
}

/** What was found of a version, or of an artifact on its own. */
interface Told {
  readonly ok: boolean;
  readonly models: readonly ModelLine[];
  /** What is wrong with the version beside its artifacts. */
  readonly refusals: readonly {
    readonly version: string;
    readonly field: string;
    readonly message: string;
  }[];
}

interface ModelLine {
  readonly name: string;
  readonly strategy: string | null;
  readonly version: string | null;
  readonly fold: number | null;
  readonly size: string | null;
  readonly library: string | null;
  readonly validFromMs: number | null;
  readonly ok: boolean;
  readonly refusals: readonly Refusal[];
  /** Of features that it has no use for; none of a model that was not run, nor of folds beside their final models. */
  readonly diagnoses: readonly Diagnosis[];
  /** Of the graph from the native library on the golden rows; null where it was not run. */
  readonly deviationMax: number | null;
  readonly origin: 'store' | 'package' | 'folder';
  readonly dir: string;
}

async function checked(
  session: Session,
  named: readonly NamedModels[],
  { run }: { readonly run: boolean },
): Promise<readonly Told[]> {
  const { checkPlaced, checkVersion } = await import('../datasets/models/version-check.ts');
  const { checkArtifactAt } = await import('../datasets/models/artifact-files.ts');
  const { modelDiagnoses } = await import('../datasets/models/model-diagnoses.ts');
  const told: Told[] = [];
  const lineOf = async (one: NamedModels, artifact: CheckedFolder): Promise<ModelLine> => {
    const { contract } = artifact.check;
    const isAsked = run && (artifact.fold === null || !one.isWhole);
    const diagnoses = isAsked && contract !== null ? await modelDiagnoses(artifact.dir, contract) : [];
    return modelLine(one, artifact, diagnoses);
  };
  for (const one of named) {
    const { version, artifacts, isWhole } = one;
    if (version !== null && isWhole) {
      const whole = { ...(await checkVersion(version, artifacts, { run, progress: session.progress })) };
      const name = `${version.strategy}/${version.version}`;
      told.push({
        ok: whole.ok,
        models: await Promise.all(whole.artifacts.map((artifact) => lineOf(one, artifact))),
        refusals: whole.refusals.map((refusal) => ({ version: name, ...refusal })),
      });
      continue;
    }
    for (const artifact of artifacts) {
      const check = version === null ? await checkArtifactAt(artifact.dir, { run }) : null;
      const folder =
        check === null
          ? await checkPlaced(version!, artifact, { run })
          : { ...artifact, check, refusals: check.ok ? [] : check.refusals };
      told.push({ ok: folder.refusals.length === 0, models: [await lineOf(one, folder)], refusals: [] });
    }
  }
  return told;
}

function modelLine(
  { version }: NamedModels,
  artifact: CheckedFolder,
  diagnoses: readonly Diagnosis[],
): ModelLine {
  const { check, refusals, model, fold, dir } = artifact;
  const { contract } = check;
  return {
    name: contract?.model ?? model,
    strategy: version?.strategy ?? contract?.strategy ?? null,
    version: version?.version ?? contract?.version ?? null,
    fold: contract === null ? fold : contract.fold,
    size: contract?.size ?? null,
    library: contract === null ? null : `${contract.library.name} ${contract.library.version}`,
    validFromMs: contract?.validFromMs ?? null,
    ...{ ok: refusals.length === 0, refusals, diagnoses, dir },
    deviationMax: check.ok && Number.isFinite(check.deviationMax) ? check.deviationMax : null,
    origin: version?.origin ?? 'folder',
  };
}

function answerOf(told: readonly Told[]): object {
  return {
    ok: told.every(({ ok }) => ok),
    models: told.flatMap(({ models }) => models),
    refusals: told.flatMap(({ refusals }) => refusals),
  };
}

function listText(told: readonly Told[]): string {
  const rows = told
    .flatMap(({ models }) => models)
    .map(({ name, strategy, version, fold, size, library, validFromMs, ok, origin }) => ({
      version: `${strategy}/${version}`,
      model: fold === null ? name : `folds/${fold}/${name}`,
      ...{ size, library },
      // Trained on nothing dated: its time is the epoch.
      'valid from': validFromMs === 0 ? 'any time' : validFromMs === null ? null : isoMinute(validFromMs),
      ...{ ok: ok ? 'yes' : 'no', from: origin },
    }));
  const refused = refusalLines(told);
  return [tableText(rows, 'no models yet; train some: hourglass train STRATEGY'), ...refused].join('\n');
}

function checkText(told: readonly Told[]): string {
  const models = told.flatMap((one) => one.models);
  const sound = models.filter(({ ok }) => ok).length;
  const count = `${sound} of ${models.length} ${models.length === 1 ? 'model' : 'models'} may be used`;
  return models.length === 0 && told.every(({ ok }) => ok)
    ? 'no models yet; train some: hourglass train STRATEGY'
    : [
        ...refusalLines(told),
        ...models.flatMap(({ diagnoses }) => diagnoses.map(({ sentence }) => sentence)),
        count,
      ].join('\n');
}

function refusalLines(told: readonly Told[]): readonly string[] {
  return told.flatMap(({ models, refusals }) => [
    ...refusals.map(({ version, field, message }) => `refused: ${version}: ${field}: ${message}`),
    ...models.flatMap(({ strategy, version, fold, name, refusals: own }) =>
      own.map(
        ({ field, message }) =>
          `refused: ${strategy}/${version}/${fold === null ? '' : `folds/${fold}/`}${name}: ${field}: ${message}`,
      ),
    ),
  ]);
}
