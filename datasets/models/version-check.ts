/** Whether a version may be used: each of its artifacts, and whether they are those that its `version.json` names. */
import { lineageAudit } from '../../engine/columns/audit/lineage.ts';
import type { ArtifactCheck, Refusal } from '../../engine/signal/artifact-check.ts';
import { contractFile } from '../../engine/signal/contract.ts';
import { type ModelVersion, versionFile } from '../../engine/signal/version.ts';
import type { Progress } from '../progress.ts';
import { checkArtifactAt } from './artifact-files.ts';
import { foldState } from './fold-states.ts';
import type { ArtifactFolder, VersionFolder } from './version-store.ts';

export interface CheckedFolder extends ArtifactFolder {
  readonly check: ArtifactCheck;
  /** Those of the check, and those of its place in the version. */
  readonly refusals: readonly Refusal[];
}

export interface VersionCheck {
  readonly ok: boolean;
  readonly artifacts: readonly CheckedFolder[];
  /** What is wrong with the version beside its artifacts. */
  readonly refusals: readonly Refusal[];
}

/**
 * Checks artifacts of a version, and that the version is whole.
 * @param chosen which of them; all if absent
 * @param run false leaves out the golden rows, which take a run of each graph
 */
export async function checkVersion(
  version: VersionFolder,
  chosen: readonly ArtifactFolder[] = version.artifacts,
  { run = true, progress }: { readonly run?: boolean; readonly progress?: Progress } = {},
): Promise<VersionCheck> {
  const artifacts: CheckedFolder[] = [];
  for (const [index, folder] of chosen.entries()) {
    progress?.(`checking ${version.strategy}/${version.version}`, index / chosen.length);
    artifacts.push(await checkPlaced(version, folder, { run }));
  }
  const refusals = [
    ...version.faults.map(({ path, message }) => ({ field: path, message })),
    ...(version.manifest === null ? [] : absent(version.manifest, version.artifacts)),
    ...(version.artifacts.length === 0 && version.manifest === null
      ? [{ field: versionFile, message: 'is missing, and so are artifacts: remove the folder' }]
      : []),
  ];
  const ok = refusals.length === 0 && artifacts.every((artifact) => artifact.refusals.length === 0);
  return { ok, artifacts, refusals };
}

/** Checks one artifact of a version. */
export async function checkPlaced(
  version: VersionFolder,
  folder: ArtifactFolder,
  { run } = { run: true },
): Promise<CheckedFolder> {
  const check = await checkArtifactAt(folder.dir, { run });
  const own = check.ok ? [] : check.refusals;
  return { ...folder, check, refusals: [...own, ...placeRefusals(version, folder, check)] };
}

function placeRefusals(
  { strategy, version, manifest }: VersionFolder,
  folder: ArtifactFolder,
  check: ArtifactCheck,
): readonly Refusal[] {
  const { model, fold } = folder;
  const { contract } = check;
  if (contract === null) return [];
  const refusals: Refusal[] = [];
  const need = (name: string, stated: unknown, expected: unknown) => {
    if (stated !== expected)
      refusals.push({
        field: contractFile,
        message: `${name} is ${stated}, and its folder says ${expected}: put it where it belongs`,
      });
  };
  need('strategy', contract.strategy, strategy);
  need('version', contract.version, version);
  need('model', contract.model, model);
  need('fold', contract.fold, fold);
  // A version is taken by its own date: a model that holds from later on would be used too early.
  if (manifest !== null && fold === null && contract.validFromMs > manifest.validFromMs)
    refusals.push({
      field: 'validFromMs',
      message: `is ${contract.validFromMs}, later than the version's ${manifest.validFromMs}: train again`,
    });
  const fitted = manifest === null ? null : foldState(manifest, folder, contract);
  if (fitted !== null)
    refusals.push(
      ...lineageAudit([], [fitted]).leaks.map(({ message }) => ({ field: 'train.toMs', message })),
    );
  const named = manifest?.models.find((entry) => entry.model === model && entry.fold === fold);
  if (manifest !== null && named === undefined)
    refusals.push({ field: versionFile, message: 'does not name this artifact: take its folder out' });
  if (check.ok && named !== undefined && named.contractSha256 !== check.contractSha256)
    refusals.push({
      field: versionFile,
      message: `names ${contractFile} with another SHA-256: restore the artifact, or train again`,
    });
  return refusals;
}

function absent({ models }: ModelVersion, artifacts: readonly ArtifactFolder[]): readonly Refusal[] {
  return models
    .filter(({ model, fold }) => !artifacts.some((one) => one.model === model && one.fold === fold))
    .map(({ model, fold }) => ({
      field: versionFile,
      message: `names ${model}${fold === null ? '' : ` of fold ${fold}`}, which is not there: restore it, or train again`,
    }));
}
