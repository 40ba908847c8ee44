// Original file: proto/orrery/v1/vector_service.proto


export interface SearchParamsInit {
  /**
   * Size of the candidate list of the HNSW scan for top_k records, 1-1,000. Higher finds more and costs more.
   * Without it, and without recall_target, the server takes what the collection's recall target needs.
   * A shard asked for a fraction of top_k uses ef_search times the square root of that fraction; see the
   * profile.
   */
  'efSearch'?: (number);
  /**
   * Compare with every record in scope instead of using the index.
   */
  'exact'?: (boolean);
  /**
   * Candidates to fetch from a lossy index, as a multiple of top_k, 1-100. Default by index: none 1, half 2,
   * binary 8.
   */
  'oversampling'?: (number | string);
  /**
   * Choose among more candidates of a lossy index than top_k by exact distance. Unset, the server decides by
   * the index; false takes no more candidates than top_k, so the index alone chooses what is found. In either
   * case the hits have their exact similarity and are in its order.
   */
  'rescore'?: (boolean);
  /**
   * The mean recall wanted, 0.5-1; 1 is exact. The server knows from measurements how wide the index must be
   * searched for it (docs/recall.md). Unset: the collection's. Not together with ef_search, nor with rescore
   * set to false.
   */
  'recallTarget'?: (number | string);
  '_efSearch'?: "efSearch";
  '_exact'?: "exact";
  '_oversampling'?: "oversampling";
  '_rescore'?: "rescore";
  '_recallTarget'?: "recallTarget";
}

export interface SearchParamsMessage {
  /**
   * Size of the candidate list of the HNSW scan for top_k records, 1-1,000. Higher finds more and costs more.
   * Without it, and without recall_target, the server takes what the collection's recall target needs.
   * A shard asked for a fraction of top_k uses ef_search times the square root of that fraction; see the
   * profile.
   */
  'efSearch'?: (number);
  /**
   * Compare with every record in scope instead of using the index.
   */
  'exact'?: (boolean);
  /**
   * Candidates to fetch from a lossy index, as a multiple of top_k, 1-100. Default by index: none 1, half 2,
   * binary 8.
   */
  'oversampling'?: (number);
  /**
   * Choose among more candidates of a lossy index than top_k by exact distance. Unset, the server decides by
   * the index; false takes no more candidates than top_k, so the index alone chooses what is found. In either
   * case the hits have their exact similarity and are in its order.
   */
  'rescore'?: (boolean);
  /**
   * The mean recall wanted, 0.5-1; 1 is exact. The server knows from measurements how wide the index must be
   * searched for it (docs/recall.md). Unset: the collection's. Not together with ef_search, nor with rescore
   * set to false.
   */
  'recallTarget'?: (number);
}
