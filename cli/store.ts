/** The session's store: loaded with the first command that needs one. */
import type { Store } from '../datasets/store.ts';
import type { Session } from './session.ts';

export async function sessionStore(session: Session): Promise<Store> {
  const { openStore } = await import('../datasets/store.ts');
  return openStore(session.dataDir);
}
