/** Rows that wait for a part of the system that is to come. */
import { laterRow } from './row.ts';

laterRow('PM21', 'parts of the shortfall', 'the execution');
laterRow('PM22', 'promotion', 'the way to real orders');
