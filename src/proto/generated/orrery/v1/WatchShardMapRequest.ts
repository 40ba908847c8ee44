// Original file: proto/orrery/v1/cluster_service.proto


export interface WatchShardMapRequestInit {
}

export interface WatchShardMapRequestMessage {
}
