/** The venue or the way to it failed. What has been fetched so far is kept: the same command goes on where it stopped. */
import type { Fault } from '../../engine/config.ts';

export class DownloadFault extends Error {
  override readonly name = 'DownloadFault';
  readonly code: 'network-fault' | 'venue-refused' | 'answer-unreadable' | 'download-refused';
  readonly faults: readonly Fault[];

  constructor(
    code: DownloadFault['code'],
    message: string,
    options: { readonly cause?: unknown; readonly faults?: readonly Fault[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.faults = options.faults ?? [];
  }
}
