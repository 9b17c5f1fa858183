/** A statement about the engine itself that turned out false. The run stops: its figures can no longer be trusted. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
  readonly code = 'broken-invariant';
}

/** Stays on in production. */
export function assertInvariant(holds: boolean, statement: string): asserts holds {
  if (!holds) throw new BrokenInvariant(`broken invariant: ${statement}`);
}
