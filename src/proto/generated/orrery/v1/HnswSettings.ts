// Original file: proto/orrery/v1/collection_service.proto


export interface HnswSettingsInit {
  /**
   * Links per node, 2-100, default 16.
   */
  'm'?: (number);
  /**
   * Candidate list while building, 4-1,000 and at least 2 m; default 64, or 2 m where that is more.
   */
  'efConstruction'?: (number);
  '_m'?: "m";
  '_efConstruction'?: "efConstruction";
}

export interface HnswSettingsMessage {
  /**
   * Links per node, 2-100, default 16.
   */
  'm'?: (number);
  /**
   * Candidate list while building, 4-1,000 and at least 2 m; default 64, or 2 m where that is more.
   */
  'efConstruction'?: (number);
}
