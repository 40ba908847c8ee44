// Original file: proto/orrery/v1/vector_service.proto

import type { QuantizationInit as _orrery_v1_QuantizationInit, QuantizationMessage as _orrery_v1_QuantizationMessage } from '../../orrery/v1/Quantization.ts';
import type { Long } from '@grpc/proto-loader';

export interface TargetProfileInit {
  'shardId'?: (number | string | Long);
  'groupId'?: (number);
  /**
   * `exact` or `ann`.
   */
  'strategy'?: (string);
  'quantization'?: (_orrery_v1_QuantizationInit);
  'efSearch'?: (number);
  'candidates'?: (number);
  'rows'?: (number);
  'attempts'?: (number);
  /**
   * 2 when the target needed a second round, because its first answer was short of rows, or may not have
   * included all that it holds of the hits; 3 when a longer scan of the index did not find them either;
   * otherwise 1.
   */
  'rounds'?: (number);
  'elapsedMs'?: (number | string);
  /**
   * Why: of `exact` "asked", "no_index" (the collection has none), "recall" (no index reaches the recall
   * wanted), "few_rows", and after an index scan "short" or "far" (the rows it was for came at its end, so
   * nearer ones may be missing); of `ann` "index", "probe" (a short scan first, since the rows may be near)
   * and "no_statistics".
   */
  'reason'?: (string);
  /**
   * Rows that the index returned, where only some of them were wanted.
   */
  'rowsScanned'?: (number);
  /**
   * The recall wanted; absent where the request sets ef_search.
   */
  'recallTarget'?: (number | string);
  /**
   * The mean recall that searches like this one are estimated to have, by measurements; 1 of an exact one,
   * absent before the first measurement.
   */
  'expectedRecall'?: (number | string);
  '_recallTarget'?: "recallTarget";
  '_expectedRecall'?: "expectedRecall";
}

export interface TargetProfileMessage {
  'shardId': (string);
  'groupId': (number);
  /**
   * `exact` or `ann`.
   */
  'strategy': (string);
  'quantization': (_orrery_v1_QuantizationMessage);
  'efSearch': (number);
  'candidates': (number);
  'rows': (number);
  'attempts': (number);
  /**
   * 2 when the target needed a second round, because its first answer was short of rows, or may not have
   * included all that it holds of the hits; 3 when a longer scan of the index did not find them either;
   * otherwise 1.
   */
  'rounds': (number);
  'elapsedMs': (number);
  /**
   * Why: of `exact` "asked", "no_index" (the collection has none), "recall" (no index reaches the recall
   * wanted), "few_rows", and after an index scan "short" or "far" (the rows it was for came at its end, so
   * nearer ones may be missing); of `ann` "index", "probe" (a short scan first, since the rows may be near)
   * and "no_statistics".
   */
  'reason': (string);
  /**
   * Rows that the index returned, where only some of them were wanted.
   */
  'rowsScanned': (number);
  /**
   * The recall wanted; absent where the request sets ef_search.
   */
  'recallTarget'?: (number);
  /**
   * The mean recall that searches like this one are estimated to have, by measurements; 1 of an exact one,
   * absent before the first measurement.
   */
  'expectedRecall'?: (number);
}
