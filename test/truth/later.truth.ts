/** Rows that wait for a part of the system that is to come. */
import { laterRow } from './row.ts';

const models = 'the models';
laterRow('PM7', 'IC recovered of the attainable', models);
laterRow('PM8', 'no false alpha', models);
laterRow('PM9', 'component alphas by ablation', models);
laterRow('PM14', 'news macro-F1, recall of listing and hack', models);
laterRow('PM21', 'parts of the shortfall', 'the execution');
laterRow('PM22', 'promotion', models);
