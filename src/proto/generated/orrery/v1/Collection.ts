// Original file: proto/orrery/v1/collection_service.proto

import type { QuantizationInit as _orrery_v1_QuantizationInit, QuantizationMessage as _orrery_v1_QuantizationMessage } from '../../orrery/v1/Quantization.ts';
import type { HnswSettingsInit as _orrery_v1_HnswSettingsInit, HnswSettingsMessage as _orrery_v1_HnswSettingsMessage } from '../../orrery/v1/HnswSettings.ts';
import type { MetricInit as _orrery_v1_MetricInit, MetricMessage as _orrery_v1_MetricMessage } from '../../orrery/v1/Metric.ts';
import type { VectorIndexKindInit as _orrery_v1_VectorIndexKindInit, VectorIndexKindMessage as _orrery_v1_VectorIndexKindMessage } from '../../orrery/v1/VectorIndexKind.ts';
import type { FilterIndexInit as _orrery_v1_FilterIndexInit, FilterIndexMessage as _orrery_v1_FilterIndexMessage } from '../../orrery/v1/FilterIndex.ts';

export interface CollectionInit {
  /**
   * 1-63 of a-z, 0-9, `_` and `-`, starting with a letter.
   */
  'name'?: (string);
  /**
   * 1-2,000; with QUANTIZATION_HALF up to 4,000, with QUANTIZATION_BINARY or without an index up to 16,000.
   */
  'dimension'?: (number);
  'quantization'?: (_orrery_v1_QuantizationInit);
  'hnsw'?: (_orrery_v1_HnswSettingsInit | null);
  /**
   * Shards the hash ring was cut into at creation, 1-1,024. 0 means the server's default.
   */
  'shardCount'?: (number);
  /**
   * Cannot be changed. Other than METRIC_COSINE: refused while a coordinator of an earlier version is alive.
   */
  'metric'?: (_orrery_v1_MetricInit);
  /**
   * Cannot be changed. Without an index, only with QUANTIZATION_NONE.
   */
  'index'?: (_orrery_v1_VectorIndexKindInit);
  /**
   * At most 64. Conditions of equality on metadata, on tags and on created_at have indexes without these.
   */
  'filterIndexes'?: (_orrery_v1_FilterIndexInit)[];
  /**
   * The recall that searches get which ask for none: 0.5-1; 1: all records are compared. Default 0.95.
   */
  'recallTarget'?: (number | string);
  /**
   * Output only. Vectors lie in the rows themselves, not beside them; so it is for up to 1,900 dimensions.
   */
  'inlineVectors'?: (boolean);
  /**
   * Output only. What collections have that are made by this version, and this one lacks.
   */
  'lacks'?: (string)[];
  '_recallTarget'?: "recallTarget";
}

export interface CollectionMessage {
  /**
   * 1-63 of a-z, 0-9, `_` and `-`, starting with a letter.
   */
  'name': (string);
  /**
   * 1-2,000; with QUANTIZATION_HALF up to 4,000, with QUANTIZATION_BINARY or without an index up to 16,000.
   */
  'dimension': (number);
  'quantization': (_orrery_v1_QuantizationMessage);
  'hnsw': (_orrery_v1_HnswSettingsMessage | null);
  /**
   * Shards the hash ring was cut into at creation, 1-1,024. 0 means the server's default.
   */
  'shardCount': (number);
  /**
   * Cannot be changed. Other than METRIC_COSINE: refused while a coordinator of an earlier version is alive.
   */
  'metric': (_orrery_v1_MetricMessage);
  /**
   * Cannot be changed. Without an index, only with QUANTIZATION_NONE.
   */
  'index': (_orrery_v1_VectorIndexKindMessage);
  /**
   * At most 64. Conditions of equality on metadata, on tags and on created_at have indexes without these.
   */
  'filterIndexes': (_orrery_v1_FilterIndexMessage)[];
  /**
   * The recall that searches get which ask for none: 0.5-1; 1: all records are compared. Default 0.95.
   */
  'recallTarget'?: (number);
  /**
   * Output only. Vectors lie in the rows themselves, not beside them; so it is for up to 1,900 dimensions.
   */
  'inlineVectors': (boolean);
  /**
   * Output only. What collections have that are made by this version, and this one lacks.
   */
  'lacks': (string)[];
}
