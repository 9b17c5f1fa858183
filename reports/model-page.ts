/** The page of trained models: what they were trained on, how good they were out of sample, and what they look at. */
import type { Chart } from './chart.ts';
import { modelCharts } from './charts/model.ts';
import { chartsJson, drawScript, figureHtml, type Section, unbroken } from './figure.ts';
import { count, day, minute, plural } from './format.ts';
import { type Html, html, sortScript, tableHtml } from './html.ts';
import { type ModelFacts, type OneModel, scoresOf } from './model-facts.ts';
import { figure, inputText, outputText, validText } from './model-text.ts';
import { pageText } from './page.ts';

export interface ModelPageParts {
  readonly facts: ModelFacts;
  readonly charts: readonly Chart[];
  readonly engineVersion: string;
  /** Browser sources, in order: vega, vega-lite, vega-embed. */
  readonly libraries: readonly string[];
}

export function modelPage(parts: ModelPageParts): string {
  const { facts, charts, engineVersion } = parts;
  const { strategy, version, manifest } = facts;
  const sections = sectionsOf(parts);
  const title = `Models of ${strategy ?? facts.name}`;
  const validFrom = manifest?.validFromMs ?? facts.models[0]?.check.contract?.validFromMs;
  const body = html`<header class="top" id="top">
<h1>${title}</h1>
<p class="meta">${version ?? ''}${validFrom === undefined ? '' : ` · valid from ${validText(validFrom)}`}</p>
<p class="verdict">${verdict(facts)}</p>
<nav class="toc" aria-label="Contents">${sections.map((section) => html`<a href="#${section.id}">${section.title}</a>`)}</nav>
</header>
<main>
${sections.map((section) => html`<section id="${section.id}"><h2>${section.title}</h2>${section.body}</section>\n`)}</main>
<footer>Times are UTC. Importances and curves stand in each model's <span class="mono">report.json</span>, the charts as SVG, PNG and CSV in the folder <span class="mono">charts</span>. Written by Hourglass ${engineVersion}.</footer>`;
  return pageText({
    title: `${title} · Hourglass`,
    body,
    blocks: { charts: { type: 'application/json', text: chartsJson(charts) } },
    scripts: [...parts.libraries, sortScript, drawScript],
  });
}

function verdict({ models, manifest }: ModelFacts): Html {
  const refused = models.filter(({ check }) => !check.ok);
  const start =
    refused.length === 0
      ? html`<b class="gain">${plural(models.length, 'model')}</b>, each of which passes its checks.`
      : html`<b class="loss">${plural(refused.length, 'model is', 'models are')} refused</b> of ${models.length}: ${refused.map(({ place }) => place.model).join(', ')}.`;
  const notShown = manifest?.notShown ?? [];
  return notShown.length === 0
    ? start
    : html`${start} <b class="loss">Not shown:</b> ${notShown.map(({ model }) => model).join(', ')}.`;
}

function sectionsOf({ facts, charts }: ModelPageParts): readonly Section[] {
  const scores = scoresOf(facts);
  const auc = charts.filter(({ id }) => id === 'auc');
  const { manifest, models } = facts;
  return [
    { id: 'headline', title: 'Headline', body: headlineHtml(facts) },
    ...(scores.length === 0
      ? []
      : [
          {
            ...{ id: 'scores', title: 'Out of sample' },
            body: html`<div class="grid">${figureHtml(auc)}</div>${scoresHtml(facts)}`,
          },
        ]),
    ...(manifest === null || manifest.ensembles.length === 0
      ? []
      : [{ id: 'ensembles', title: 'Ensembles', body: ensemblesHtml(manifest.ensembles) }]),
    ...models.map((model) => ({
      id: `model-${model.place.model}`,
      title: model.place.fold === null ? model.place.model : `${model.place.model}, fold ${model.place.fold}`,
      body: oneHtml(model),
    })),
    { id: 'facts', title: 'What they were made of', body: factsHtml(facts) },
  ];
}

function headlineHtml({ manifest, models }: ModelFacts): Html {
  const cards = [
    { label: 'Models', text: count(models.length), note: models.map(({ place }) => place.model).join(', ') },
    ...(manifest === null
      ? []
      : [
          {
            label: 'Trained on',
            text: manifest.dataset.name,
            note: `${day(manifest.trainedFromMs)} to ${day(manifest.trainedToMs)}`,
          },
          {
            label: 'Folds',
            text: count(manifest.folds.length),
            note: `${count(manifest.folds.reduce((sum, { testRows }) => sum + testRows, 0))} test rows`,
          },
          { label: 'Size', text: manifest.size, note: `seed ${manifest.seed}` },
        ]),
  ];
  const notes = [
    ...(manifest?.notShown ?? []).map(
      ({ model, library, reason }) => `${model} (${library}) was not shown: ${reason}`,
    ),
    ...(manifest?.sampling ?? []),
    ...(manifest?.notes ?? []),
  ];
  return html`<dl class="cards">${cards.map(
    ({ label, text, note }) =>
      html`<div class="card"><dt>${label}</dt><dd>${text}</dd><small>${note}</small></div>\n`,
  )}</dl>${
    notes.length === 0
      ? html``
      : html`<div class="notes"><b>Before using them</b><ul>${notes.map((text) => html`<li>${unbroken(text)}</li>`)}</ul></div>`
  }`;
}

function scoresHtml(facts: ModelFacts): Html {
  const folds = facts.manifest?.folds ?? [];
  const shown = (value: number | null, digits = 3) => (value === null ? '–' : value.toFixed(digits));
  return html`<div class="panel">${tableHtml(
    [
      ...[{ title: 'model' }, { title: 'side' }, { title: 'fold' }, { title: 'test days' }],
      ...[
        'rows',
        'AUC',
        '95 % from',
        'to',
        'within the hour',
        'pooled',
        'common share',
        'Spearman',
        'slope',
      ].map((title) => ({ title, numeric: true })),
    ],
    scoresOf(facts).map((score) => {
      const fold = folds.find(({ index }) => index === score.fold);
      const days = fold === undefined ? '' : `${day(fold.testFromMs)} to ${day(fold.testToMs)}`;
      return [
        ...[score.model, score.side ?? '–', score.fold === null ? 'all' : String(score.fold), days],
        ...[count(score.rows), shown(score.auc), shown(score.aucLow), shown(score.aucHigh)],
        ...[shown(score.withinHourAuc), shown(score.pooledAuc), shown(score.commonShare)],
        ...[shown(score.spearman), shown(score.slope, 2)],
      ];
    }),
    { sortable: true },
  )}<p class="muted">Of all folds, AUC is the plain mean; pooled throws their test rows together. Common share: part of the scores' variance that lies between hours.</p></div>`;
}

function ensemblesHtml(ensembles: NonNullable<ModelFacts['manifest']>['ensembles']): Html {
  return html`<div class="panel">${tableHtml(
    [
      ...[{ title: 'ensemble' }, { title: 'member' }],
      ...[
        { title: 'mean AUC', numeric: true },
        { title: 'weight', numeric: true },
      ],
    ],
    ensembles.flatMap(({ name, members, aucs, weights, weightSet }) =>
      members.map((member, at) => [
        at === 0 ? `${name} (${weightSet})` : '',
        ...[member, aucs[at]?.toFixed(4) ?? '–', weights[at]!.toFixed(6)],
      ]),
    ),
  )}</div>`;
}

function oneHtml(model: OneModel): Html {
  const { check } = model;
  const { contract } = check;
  const said = check.ok
    ? html``
    : html`<div class="notes"><b>Refused</b><ul>${check.refusals.map(({ field, message }) => html`<li>${field}: ${message}</li>`)}</ul></div>`;
  const { diagnoses } = model;
  const unused =
    diagnoses.length === 0
      ? html``
      : html`<div class="notes"><b>Features without use</b><ul>${diagnoses.map(({ sentence }) => html`<li>${unbroken(sentence)}</li>`)}</ul></div>`;
  const figures = figureHtml(modelCharts(model));
  const none = html`<p class="muted">Training left neither importances nor a curve of it.</p>`;
  const facts = contract === null ? html`` : rowsHtml(contractRows(model));
  return html`${said}${unused}${figures.length === 0 ? none : html`<div class="grid">${figures}</div>`}${facts}`;
}

function contractRows({ check }: OneModel): readonly (readonly [string, string])[] {
  const contract = check.contract!;
  const { library, train, parity, golden } = contract;
  const span =
    train.fromMs === null || train.toMs === null
      ? 'not known'
      : `${minute(train.fromMs)} to ${minute(train.toMs)}`;
  return [
    ['library', `${library.name} ${library.version}, export ${library.exporter}`],
    ['in', inputText(contract.input)],
    ['out', outputText(contract)],
    ['trained', `${span}${train.rows === null ? '' : `, ${count(train.rows)} rows`}`],
    ['valid from', validText(contract.validFromMs)],
    [
      'hyperparameters',
      Object.entries(contract.hyperparameters)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
    [
      'parity',
      parity === null
        ? 'the graph is its only form'
        : `${figure(parity.deviationMax)} at most on ${count(parity.rows)} rows`,
    ],
    ...(check.ok
      ? ([['golden rows', `${golden.rows}, off by ${figure(check.deviationMax)} at most`]] as const)
      : []),
  ];
}

function factsHtml({ manifest, models }: ModelFacts): Html {
  const contract = models[0]?.check.contract ?? null;
  const set = contract?.input.featureSet ?? null;
  return rowsHtml([
    ...(manifest === null
      ? []
      : ([
          ['dataset', `${manifest.dataset.name} ${manifest.dataset.hash}`],
          ['plan', manifest.planHash],
          ['libraries', manifest.libraries.map(({ name, version }) => `${name} ${version}`).join(', ')],
        ] as const)),
    ...(set === null ? [] : ([['feature set', `${set.name} ${set.hash}`]] as const)),
    ...models.flatMap(({ place, check }) =>
      check.ok ? [[place.model, `contract ${check.contractSha256}`] as const] : [],
    ),
  ]);
}

function rowsHtml(rows: readonly (readonly [string, string])[]): Html {
  const cells = rows.map(([name, value]) => html`<tr><td>${name}</td><td class="mono">${value}</td></tr>\n`);
  return html`<div class="panel facts"><table><tbody>${cells}</tbody></table></div>`;
}
