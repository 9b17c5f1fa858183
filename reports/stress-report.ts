/** An hour of stress on disk: the page, its charts, and all figures as JSON. */
import { join } from 'node:path';
import type { Progress } from '../datasets/progress.ts';
import { stressCharts } from './charts/stress.ts';
import { libraryText } from './page.ts';
import { writeChart } from './report.ts';
import type { StressResult } from './stress.ts';
import { stressPage } from './stress-page.ts';
import { writeWhole } from './write-file.ts';

export interface StressReportRequest {
  readonly result: StressResult;
  readonly assumptions: readonly string[];
  readonly engineVersion: string;
  /** Folder to write into. */
  readonly out: string;
  readonly signal?: AbortSignal;
}

/**
 * Writes charts, `stress.json` and `stress.html`, whole or not at all; the page's path. @throws ReportError
 * `report-not-written`; the signal's reason where it was stopped.
 */
export async function writeStress(request: StressReportRequest, progress?: Progress): Promise<string> {
  const { result, out } = request;
  await writeWhole(join(out, 'stress.json'), `${JSON.stringify(result, null, 2)}\n`);
  const charts = stressCharts(result);
  for (const [index, chart] of charts.entries()) {
    request.signal?.throwIfAborted();
    progress?.('writing the page', index / (charts.length + 1));
    await writeChart(chart, join(out, 'charts'));
  }
  const libraries = [
    await libraryText('vega'),
    await libraryText('vega-lite'),
    await libraryText('vega-embed'),
  ];
  const { assumptions, engineVersion } = request;
  const path = join(out, 'stress.html');
  await writeWhole(path, stressPage({ result, charts, assumptions, engineVersion, libraries }));
  progress?.('writing the page', 1);
  return path;
}
